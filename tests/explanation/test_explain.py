import pickle

import numpy as np
import pytest
from scipy.special import softmax

from inklens.errors import DataError, ModelError, OptionError, RunError
from inklens.explanation import Explanation, explain_run
from inklens.explanation.layer_outputs import feature_maps
from inklens.networks import build
from inklens.networks.digit_normalisation import normalised
from inklens.networks.ensemble import Ensemble
from inklens.run_folder import RunFolder
from patch_network import STROKE, clutter_with_stroke, stroke_network

PLAIN = {"tta": "none", "ood_detector": "none"}


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    """What of a run is needed to explain it; its network's answer depends on an upright stroke."""
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.write_recipe({"recipe": PLAIN})
    folder.write_json(folder.metrics, {"confidence": {"temperature": 2.0}})
    stroke_network("convnet-small").save(folder.model)
    return folder


def same(ours: Explanation, theirs: Explanation) -> None:
    assert (ours.label, ours.layers) == (theirs.label, theirs.layers)
    assert ours.id_score == pytest.approx(theirs.id_score, rel=1e-5)
    for name, maps in ours.maps.items():
        assert maps == pytest.approx(theirs.maps[name], abs=1e-5)
    assert ours.filters == pytest.approx(theirs.filters)
    assert ours.class_activation == pytest.approx(theirs.class_activation, abs=1e-5)
    assert ours.occlusion.fall == pytest.approx(theirs.occlusion.fall, abs=1e-5)
    assert np.array_equal(ours.occlusion.tops, theirs.occlusion.tops)


def test_a_run_is_explained_with_calibrated_probabilities(folder):
    network = stroke_network("convnet-small")
    image = clutter_with_stroke()
    raw = np.asarray(network(image[None]), np.float64)
    explained = explain_run(folder, image)
    assert explained.label == 1
    assert explained.occlusion.fall[STROKE].mean() > 3 * explained.occlusion.fall.mean()
    assert explained.class_activation[STROKE].mean() > 3 * explained.class_activation.mean()
    assert explained.probabilities == pytest.approx(softmax(np.log(raw) / 2, axis=1)[0], abs=1e-5)
    assert explain_run(folder, image, 2).label == explain_run(folder, image, 2).occlusion.label == 2


EXPLAIN = """
import pickle
import sys
from pathlib import Path
import numpy as np
from inklens.explanation import explain_run
from inklens.run_folder import RunFolder
if {keras}:
    import keras
explained = explain_run(RunFolder(Path({run!r})), np.load({image!r}), patch=5)
print(sys.modules["keras"].config.backend() if {keras} else "keras" in sys.modules)
Path("explained").write_bytes(pickle.dumps(explained))
"""


@pytest.mark.parametrize(
    ("backend", "keras", "said"), [("jax", True, "jax"), ("torch", True, "torch"), ("", False, "False")]
)
def test_another_backend_finds_a_process_and_keeps_its_own(
    folder, tmp_path, on_backend, backend, keras, said
):
    np.save(tmp_path / "image.npy", clutter_with_stroke())
    code = EXPLAIN.format(keras=keras, run=str(folder.path), image=str(tmp_path / "image.npy"))
    assert on_backend(backend, code) == f"{said}\n"
    here = explain_run(folder, clutter_with_stroke(), patch=5)
    same(pickle.loads((tmp_path / "explained").read_bytes()), here)


def test_a_run_that_lacks_something_is_refused(folder):
    folder.write_json(folder.metrics, {"confidence": {"temperature": None}})
    with pytest.raises(RunError, match=r"metrics\.json lacks what is expected in it"):
        explain_run(folder, clutter_with_stroke())
    folder.model.write_bytes(b"no zip")
    folder.write_json(folder.metrics, {"confidence": {"temperature": 1.0}})
    with pytest.raises(ModelError, match=r"model\.keras is no \.keras file, or is damaged"):
        explain_run(folder, clutter_with_stroke())
    folder.metrics.unlink()
    with pytest.raises(RunError, match=r"metrics\.json cannot be read"):
        explain_run(folder, clutter_with_stroke())
    folder.model.unlink()
    with pytest.raises(RunError, match=r"has no model\.keras, from which a run is explained"):
        explain_run(folder, clutter_with_stroke())


def test_an_image_or_a_label_that_does_not_fit_is_refused(folder):
    with pytest.raises(DataError, match="as the network was trained"):
        explain_run(folder, np.zeros((9, 9, 1), np.uint8))
    with pytest.raises(OptionError, match="label 3 is out of range: expected 0 to 2"):
        explain_run(folder, clutter_with_stroke(), 3)


def test_the_predictions_are_averaged_over_the_tta_of_the_run(folder):
    folder.write_recipe({"recipe": {**PLAIN, "tta": "cross"}})
    image = clutter_with_stroke()
    expected = Ensemble.of(stroke_network("convnet-small"), "cross").predict(image[None]).probabilities(2.0)
    assert explain_run(folder, image).probabilities == pytest.approx(expected[0], abs=1e-5)


def test_the_maps_and_the_answer_are_of_the_digit_as_the_network_sees_it(folder):
    folder.write_recipe({"recipe": {**PLAIN, "digit_normalisation": "deslant"}})
    image = np.zeros((28, 28, 1), np.uint8)
    for row in range(6, 20):
        image[row, 18 - row // 2 : 21 - row // 2] = 255  # a slanted stroke
    network = stroke_network("convnet-small")
    seen = np.asarray(normalised(image[None].astype(np.float32), "deslant"))[0].round().astype(np.uint8)
    explained = explain_run(folder, image)
    ensemble = Ensemble.of(network, digit_normalisation="deslant")
    assert explained.probabilities == pytest.approx(
        ensemble.predict(image[None]).probabilities(2.0)[0], abs=1e-5
    )
    for shown, maps in zip(explained.maps.values(), feature_maps(network, seen).values(), strict=True):
        assert shown == pytest.approx(maps, abs=1e-5)
    assert np.array_equal(explained.image, image)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_ood_detector_is_in_the_id_score(folder, monkeypatch, elsewhere):
    ood_detector = build("conv5x5", (28, 28, 1), 2, seed=3)
    ood_detector.save(folder.ood_detector)
    folder.write_recipe({"recipe": {**PLAIN, "ood_detector": "conv5x5"}})
    image = clutter_with_stroke()
    network = stroke_network("convnet-small")
    expected = Ensemble.of(network, ood_detector=ood_detector).predict(image[None]).id_score[0]
    assert abs(expected - Ensemble.of(network).predict(image[None]).id_score[0]) > 0.01
    if elsewhere:  # as where Keras runs on another backend
        monkeypatch.setattr("keras.config.backend", lambda: "jax")
    assert explain_run(folder, image).id_score == pytest.approx(expected, abs=1e-4)
    folder.ood_detector.unlink()
    with pytest.raises(RunError, match=r"has no ood_detector\.keras; train it again"):
        explain_run(folder, image)
