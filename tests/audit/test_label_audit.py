import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from inklens.audit import audit_labels
from inklens.datasets import Split
from inklens.errors import OptionError
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.run_folder import RunFolder

select_backend("tensorflow")

QUICK = Recipe(network="conv5x5", epochs=2, batch_size=64, learning_rate=2e-3)


def _flipped(data, share, seed=0):
    """The data with wrong training labels, and where these are."""
    random = np.random.default_rng(seed)
    labels = data.train.labels.copy()
    places = random.choice(len(labels), round(share * len(labels)), replace=False)
    labels[places] = (labels[places] + random.integers(1, data.classes, len(places))) % data.classes
    return replace(data, train=Split(data.train.images, labels, data.train.rows)), places


@pytest.fixture(scope="module")
def audited(digits, tmp_path_factory):
    data, places = _flipped(digits, 0.01)
    output = tmp_path_factory.mktemp("audits")
    told = []
    folder, issues = audit_labels(
        data, QUICK, folds=2, output=output, on_fold=lambda fold, of: told.append((fold, of))
    )
    assert told == [(1, 2), (2, 2)]
    return folder, issues, places, data


def test_flipped_labels_are_found_among_the_first(audited):
    """1% is wrong; two quick networks find less than the benchmark's five, in a list a little longer."""
    _, issues, places, data = audited
    first = issues.indices[: round(0.02 * len(data.train))]
    assert np.isin(places, first).mean() >= 0.8
    assert issues.images == len(data.train)


def test_the_folder_has_the_list_the_sheet_and_how_it_was_made(audited):
    folder, issues, _, data = audited
    with (folder.path / "label_issues.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["index"]) for row in rows] == issues.indices.tolist()
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores)
    assert all(row["given_label"] != row["suggested_label"] for row in rows)
    said = json.loads((folder.path / "audit.json").read_text())
    assert (said["folds"], said["images"], said["label_issues"]) == (2, len(data.train), len(rows))
    assert said["estimated_wrong"] == issues.estimated
    assert Recipe.from_dict(said["recipe"]) == replace(QUICK, flip="off")
    assert said["data"]["fingerprint"] == data.fingerprint
    assert (folder.path / "pictures/label_issues.png").read_bytes().startswith(b"\x89PNG")
    assert folder.status()["state"] == "done"


def test_an_interrupted_audit_of_things_says_so_and_goes_through_them_as_often_as_the_recipe_says(
    digits, tmp_path
):
    seen = []

    def interrupt(now):
        seen.append(now)
        raise KeyboardInterrupt

    things, recipe = replace(digits, kind="things"), replace(QUICK, things={"epochs": 3})
    with pytest.raises(KeyboardInterrupt):
        audit_labels(things, recipe, folds=2, output=tmp_path, progress=interrupt)
    (folder,) = tmp_path.iterdir()
    assert RunFolder.open(folder).status()["state"] == "interrupted"
    assert not (folder / "label_issues.csv").exists()
    assert [one.epochs for one in seen] == [3]


def test_more_folds_than_the_smallest_class_has_images_leave_nothing_behind(digits, tmp_path):
    with pytest.raises(OptionError, match="1000 folds of 4,000 images"):
        audit_labels(digits, QUICK, folds=1000, output=tmp_path)
    assert not any(tmp_path.iterdir())
