import json
import re
import shutil

import numpy as np
import pytest

from inklens.datasets import Split
from inklens.errors import MissingPackageError, RunError
from inklens.pixels import encode_png
from inklens.reporting.report import LARGEST_REPORT
from inklens.reporting.report.run_figures import read_sources


def test_the_figures_a_person_asks_for_first_are_those_of_the_run(finished):
    page = finished.write()
    scores = finished.folder.read_json("metrics.json")["test"]
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    low, high = (f"{100 * end:.2f}" for end in scores["accuracy_interval_95"])
    assert f"{100 * scores['accuracy']:.2f}%" in text
    assert f"95% interval {low}\N{EN DASH}{high}%" in text
    assert f"{scores['n'] - scores['correct']} test images of 1,000 came out wrong" in text
    for figure in ("12 s", "186 kB", "1,234 parameters", "inklens train --data sample"):
        assert figure in text


def test_a_committee_is_a_table_of_its_members_and_of_what_their_recipes_share(finished):
    described, metrics = (finished.folder.read_json(name) for name in ("recipe.json", "metrics.json"))
    one = described["recipe"] | {"epochs": 16}
    described["recipe"] = {"preset": "committee", "members": {"deep": one, "wide": one | {"network": "wide"}}}
    member = {"network": "conv5x5", "tta": "cross", "accuracy": 0.99, "errors": 1234, "seconds": 83.9}
    metrics["training"]["members"] = [{"name": name, **member} for name in ("deep", "wi\nde")]
    finished.folder.write_recipe(described)
    finished.folder.write_json(finished.folder.metrics, metrics)
    text = " ".join(re.sub(r"<[^>]+>", " ", finished.write()).split())
    assert "A vote of 2 networks (preset committee), trained on" in text
    assert "deep conv5x5 cross 99.00% 1,234 84 s wi de conv5x5" in text
    assert "epochs 16" in text
    assert "network wide" not in text


def test_what_predictions_csv_says_comes_back(finished):
    sources = read_sources(finished.folder)
    assert np.array_equal(sources.labels, finished.images.labels)
    assert np.array_equal(sources.predicted, finished.logits.argmax(axis=1))
    assert sources.history[1]["val_accuracy"] == 0.81


def test_a_hundred_classes_of_large_noise_stay_below_the_limit(make_run, seen):
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(100), 40)
    # Noise is what no format makes small.
    store = random.integers(0, 256, (50, 224, 224, 3)).astype(np.uint8)
    images = Split(store, labels, np.arange(4000) % 50)
    names = [f"{index:03} {'long name ' * 20}" for index in range(100)]
    run = make_run(images, random.normal(size=(4000, 100)), names)
    page = run.write(seen=seen)
    assert 1_000_000 < len(page.encode()) <= LARGEST_REPORT == 4_000_000
    gallery = json.loads(re.search(r'id="gallery">(.*?)</script>', page, re.DOTALL)[1])
    assert sum(map(len, gallery["cells"].values())) > 500


NEEDED = ["recipe.json", "environment.json", "metrics.json", "history.csv", "predictions.csv"]


@pytest.mark.parametrize("name", NEEDED)
def test_a_run_folder_that_lacks_a_file_is_refused_by_the_files_name(finished, name):
    (finished.folder.path / name).unlink()
    with pytest.raises(RunError, match=f"{re.escape(name)}.*expected in every finished run"):
        finished.write()
    assert not finished.folder.report.exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("predictions.csv", "", "has other classes than recipe.json"),
        ("predictions.csv", "index,actual,predicted,probability,correct,p_a,p_b\n", "other classes"),
        ("history.csv", "epoch,loss\n1,much\n", "history.csv is damaged"),
        ("history.csv", "epoch,loss\n", "no epoch"),
        ("metrics.json", "{}", "metrics.json lacks .*'test'"),
        ("metrics.json", '{"test": {}, "validation": {}}', "metrics.json lacks"),
        ("recipe.json", '{"format": 3, "data": []}', "recipe.json lacks"),
        ("robustness.json", '{"corruptions": 3}', "robustness.json lacks"),
        ("check.json", '{"found": {"leak": 3}, "images": 1}', "check.json lacks"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(finished, name, content, message):
    (finished.folder.path / name).write_text(content)
    with pytest.raises(RunError, match=message) as caught:
        finished.write()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("opened", "remedy"),
    [("test", r"`inklens evaluate .*mine` writes it$"), ("validation", "train the run again$")],
)
def test_what_evaluate_would_write_again_is_said_where_it_would(finished, opened, remedy):
    """It judges the test part: of a run whose test part stayed closed it does not write the predictions."""
    metrics = json.loads(finished.folder.metrics.read_text())
    metrics |= {"test": None, "validation": metrics["test"]} if opened == "validation" else {}
    finished.folder.write_json(finished.folder.metrics, metrics)
    finished.folder.predictions.unlink()
    with pytest.raises(RunError, match=f"predictions.csv is not there; .*: {remedy}"):
        finished.write()


def test_predictions_that_are_cut_short_are_refused(finished):
    path = finished.folder.predictions
    path.write_text(path.read_text()[:-40])
    with pytest.raises(RunError, match=r"predictions\.csv is damaged"):
        finished.write()


def test_a_run_without_model_onnx_says_the_size_of_the_keras_file(finished):
    finished.folder.onnx.unlink()
    finished.folder.write_bytes(finished.folder.model, bytes(2_400_000))
    assert "model.keras, 1,234 parameters" in finished.write()


def test_a_look_at_the_data_is_there_only_where_it_was_taken(finished):
    assert "The data before training" not in finished.write()
    kinds = {"duplicate": (12, False, "the same image twice"), "leak": (0, True, "in another part too")}
    found = {
        kind: {"count": count, "serious": serious, "meaning": meaning}
        for kind, (count, serious, meaning) in kinds.items()
    }
    finished.folder.write_json(finished.folder.check, {"images": 70_000, "found": found})
    page = finished.write().replace("\u00a0", " ")
    assert "The data before training" in page
    assert "70,000 images looked at: copies" in page
    assert re.search(r"duplicate</th><td>12</td><td class=\"words\">the same image twice", page)
    assert "in another part too" not in page
    assert 'class="findings"' not in page
    finished.folder.write_bytes(finished.folder.findings, encode_png(np.zeros((8, 8, 1), np.uint8)))
    assert 'class="findings" src="data:image/png;base64,' in finished.write()
    finished.folder.write_json(finished.folder.check, {"images": 9, "found": {}})
    assert "Nothing was found." in finished.write()


def test_corruptions_are_there_only_where_they_were_measured(finished):
    assert "Spoilt images" not in finished.write()
    errors = {"shot_noise": {"error": 0.031, "more": 1}, "fog": {"error": 0.27}}
    finished.folder.write_json("robustness.json", {"corruptions": errors, "mean_error": 0.1505})
    page = finished.write().replace("\u00a0", " ")
    assert "Spoilt images" in page
    assert "The error on images spoilt in some way.</p>" in page
    assert re.search(r"shot noise</th><td>3\.10%", page)
    assert re.search(r"mean</th><td>15.05%", page)
    framed = {
        "corruptions": {name: {"error": 0.02} for name in errors},
        "mean_error": 0.02,
        "clean_error": 0.012,
    }
    more = {"clean_error": 0.011, "framed": framed, "images": 1200}
    finished.folder.write_json("robustness.json", {"corruptions": errors, "mean_error": 0.1505, **more})
    page = finished.write().replace("\u00a0", " ")
    assert "The error on 1,200 test images spoilt in some way. Framed again: " in page
    assert re.search(r"as they are</th><td>1.10%</td><td>1.20%", page)
    assert re.search(r"fog</th><td>27.00%</td><td>2.00%", page)


def test_without_jinja_the_remedy_is_named(finished, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'inklens\[train\]'"):
        finished.write()


def test_classes_that_are_no_utf_8_are_read_back(make_run, real_digits):
    names = [f"{digit}\udcff" for digit in range(10)]
    run = make_run(*real_digits, names)
    assert ">3</bdi>" in run.write()
    shutil.rmtree(run.folder.path)
