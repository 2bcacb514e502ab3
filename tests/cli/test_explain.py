import shutil

import pytest
from PIL import Image

from inklens.networks.backends import select_backend

select_backend("tensorflow")

from command_line import refusal  # noqa: E402
from inklens.classifier import ModelMetadata  # noqa: E402
from inklens.evaluation import Thresholds  # noqa: E402
from inklens.export.onnx_format import write  # noqa: E402
from inklens.networks.ensemble import Ensemble  # noqa: E402
from inklens.networks.keras_file import load_network  # noqa: E402
from inklens.pixels import PixelSpec  # noqa: E402
from inklens.run_folder import RunFolder  # noqa: E402
from patch_network import clutter_with_stroke, stroke_network  # noqa: E402

CLASSES = ("level", "upright", "neither")
PICTURES = ["explanation.png", "feature-maps.png", "class-activation.png", "occlusion.png", "filters.png"]


def known(**changes):
    """What the run's model file knows."""
    spec, data = PixelSpec(28, 28, 1), {"name": "x", "fingerprint": "0"}
    return ModelMetadata(CLASSES, "things", spec, "0", temperature=2.0, data=data, **changes)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run whose network looks for an upright stroke, and an image with one, larger than the network's."""
    place = tmp_path_factory.mktemp("made")
    folder = RunFolder.create(place, "run", "stroke")
    folder.set_status("done")
    spec = PixelSpec(28, 28, 1)
    data = {"name": "strokes", "kind": "things", "class_names": CLASSES, "fingerprint": "0"}
    data["validation_is"] = "split"
    recipe = {"tta": "none", "ood_detector": "none"}
    folder.write_recipe({"recipe": recipe, "pixels": spec.to_dict(), "data": data})
    confidence = {"temperature": 2.0, "id_score_threshold": 0.1, "probability_threshold": None}
    folder.write_json(folder.metrics, {"confidence": confidence})
    network = stroke_network("conv5x5")
    network.save(folder.model)
    write(Ensemble.of(network), known(), folder.onnx)
    Image.fromarray(clutter_with_stroke()[..., 0].repeat(2, axis=0).repeat(2, axis=1)).save(
        place / "stroke.png"
    )
    return place


@pytest.fixture
def run(made, tmp_path):
    """A copy of both where the `inklens` fixture works."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return RunFolder(tmp_path / "run")


def test_a_run_is_explained_in_pictures_and_says_what_predict_says(inklens, run, tmp_path):
    done = inklens("explain", "stroke.png", "--model", "run")
    assert (done.returncode, done.stderr) == (0, "")
    answer, covered, pictures = done.stdout.splitlines()
    assert answer.split()[:2] == ["answer", "upright"]
    assert answer.split()[2:] == inklens("predict", "stroke.png", "--model", "run").stdout.split()[2:]
    assert "of 64 places of a cover of 7x7 pixels" in covered
    assert pictures == f"pictures   run/explanations/stroke: {', '.join(PICTURES)}"
    for name in PICTURES:
        with Image.open(tmp_path / "run/explanations/stroke" / name) as picture:
            assert picture.format == "PNG"


def test_another_class_another_cover_and_another_folder_on_another_backend(inklens_process, run, tmp_path):
    options = ("--label", "level", "--patch", 10, "--stride", 9, "--output", "there")
    done = inklens_process("explain", "stroke.png", "--model", "run", *options, KERAS_BACKEND="jax")
    assert (done.returncode, done.stderr) == (0, "")
    assert "explained  level  " in done.stdout
    assert "of 9 places of a cover of 10x10 pixels" in done.stdout
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == sorted(PICTURES)


def test_from_the_model_file_alone_there_is_the_occlusion_map(inklens, run, tmp_path):
    done = inklens("explain", "stroke.png", "--model", "run/model.onnx")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "pictures   explanations/stroke: occlusion.png"
    assert done.stderr == (
        "note: filters, feature maps and class activation need the run's model.keras: give the run\n"
    )
    assert (tmp_path / "explanations/stroke/occlusion.png").stat().st_size > 5_000


def test_an_image_that_is_called_unknown_or_empty_is_explained_as_such(inklens, run, tmp_path):
    Image.new("L", (28, 28)).save(tmp_path / "blank.png")
    assert "answer     empty (most probable: " in inklens("explain", "blank.png", "--model", "run").stdout
    write(Ensemble.of(load_network(run.model)), known(thresholds=Thresholds(1e6)), run.onnx)
    assert (
        "answer     unknown (most probable: upright  "
        in inklens("explain", "stroke.png", "--model", "run").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stroke.png", "--model", "nowhere"], "nowhere is not a folder; expected the folder of a run"),
        (["missing.png", "--model", "run"], "missing.png cannot be read (No such file or directory)"),
        ([".", "--model", "run"], ". cannot be read (Is a directory)"),
        (["run/metrics.json", "--model", "run"], "run/metrics.json is no image of a known format"),
        (["run/metrics.json", "--model", "run/model.onnx"], "run/metrics.json is no image of a known format"),
        (["stroke.png", "--model", "run/model.keras"], "run/model.keras cannot be used"),
        (
            ["stroke.png", "--model", "run", "--label", "7"],
            "label '7' is no class of run: expected one of level, upright",
        ),
        (
            ["stroke.png", "--model", "run/model.onnx", "--label", "7"],
            "label '7' is no class of run/model.onnx",
        ),
        (["stroke.png", "--model", "run", "--patch", "28"], "patch 28 is out of range: expected 1 to 27"),
        (["stroke.png", "--model", "run", "--output", "stroke.png"], "cannot be written"),
        (["--model", "run"], "Missing argument 'IMAGE'"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(inklens, run, tmp_path, arguments, said):
    done = inklens("explain", *arguments)
    assert said in refusal(done)
    assert done.stdout == ""
    assert not (tmp_path / "explanations").exists()


def test_a_run_without_its_network_is_one_line_and_exit_code_2(inklens, run):
    run.model.unlink()
    said = refusal(inklens("explain", "stroke.png", "--model", "run"))
    assert said.startswith("inklens: run has no model.keras, from which a run is explained; train it")


def test_an_unfinished_run_has_nothing_to_explain(inklens, run):
    run.set_status("interrupted")
    assert "run is interrupted, not done" in inklens("explain", "stroke.png", "--model", "run").stderr
