"""Faults that are planted in digits are found; what is not wrong is not named serious."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from command_line import run_inklens
from inklens.audit import check_data, refuse_serious
from inklens.audit.data_check import examine
from inklens.audit.image_properties import properties_of, standing_out
from inklens.audit.label_issues import LabelIssues
from inklens.datasets import Split, load
from inklens.errors import CheckError, DataError, OptionError
from inklens.training import train


def kinds(check):
    return {kind: count for kind, count in check.counts.items() if kind != "near-duplicate"}


def test_plain_digits_have_nothing_serious(digits):
    check = examine(digits)
    assert (check.images, kinds(check), check.serious) == (5000, {}, ())


def test_leaks_copies_contradictions_and_inversions_are_found_where_they_are(small_digits):
    x, y = small_digits.train.whole().copy(), small_digits.train.labels.copy()
    x_test, y_test = small_digits.test.whole().copy(), small_digits.test.labels.copy()
    x_test[5], y_test[5] = x[10], y[10]  # a leak
    x[21], y[21] = x[20], y[20]  # a copy
    x[31], y[31] = x[30], (y[30] + 1) % 10  # a contradiction
    x[40:45] = 255 - x[40:45]  # inversions
    x[51], y[51] = np.clip(0.85 * x[50] + 2, 0, 255).astype(np.uint8), y[50]  # nearly a copy
    check = examine(replace(small_digits, train=Split(x, y), test=Split(x_test, y_test)))
    places = {(one.kind, one.part, one.index) for one in check.findings}
    assert {
        ("leak", "test", 5),
        ("duplicate", "train", 21),
        ("contradiction", "train", 31),
        *(("polarity", "train", index) for index in range(40, 45)),
        ("near-duplicate", "train", 51),
    } <= places
    assert kinds(check) == {"leak": 1, "duplicate": 1, "contradiction": 1, "polarity": 5}
    assert {one.kind for one in check.serious} == {"leak", "contradiction", "polarity"}
    assert "polarity" not in replace(check, is_writing=False).serious_kinds  # a photo may be dark


def test_a_test_part_that_is_inverted_as_a_whole_is_found(small_digits):
    test = Split(255 - small_digits.test.whole(), small_digits.test.labels)
    check = examine(replace(small_digits, test=test))
    assert {one.part for one in check.findings if one.kind == "polarity"} == {"test"}
    assert check.counts["polarity"] > 0.95 * len(test)
    assert "polarity" in check.serious_kinds


def test_classes_with_one_image_and_with_few_are_said(small_digits):
    y = small_digits.train.labels[:1000]
    kept = np.concatenate([np.flatnonzero(y > 1), np.flatnonzero(y == 0)[:1], np.flatnonzero(y == 1)[:9]])
    check = examine(replace(small_digits, train=small_digits.train.take(kept)))
    assert [(one.kind, one.name) for one in check.findings if one.index is None] == [
        ("lone class", "0"),
        ("balance", "1"),
    ]


def test_many_doubtful_labels_are_serious_and_few_are_not(few_clean):
    def issues(count):
        indices = np.arange(count)
        given, sure = few_clean.train.labels[indices], np.ones(count)
        return LabelIssues(indices, given, (given + 1) % 10, sure, 1 - sure, len(few_clean.train), count)

    assert not examine(few_clean, issues(2)).serious
    assert "label" not in examine(few_clean, issues(2)).serious_kinds
    assert len(examine(few_clean, issues(20)).serious) == 20


def test_what_stands_out_needs_something_usual():
    assert standing_out([(8, 8)] * 30 + [(9, 9)]) == [30]
    assert standing_out([(8, 8)] * 5 + [(9, 9)] * 5) == []
    assert standing_out([]) == []
    assert properties_of(np.zeros((8, 8, 1), np.uint8)).polarity == 0


@pytest.fixture
def tree(tmp_path, small_digits):
    """A folder of images of two classes with a file that is none, one of another size, one in colour, and a
    copy under another class."""
    from PIL import Image

    for label in (0, 1):
        (folder := tmp_path / "data" / str(label)).mkdir(parents=True)
        chosen = np.flatnonzero(small_digits.train.labels == label)[:120]
        for number, image in enumerate(small_digits.train.batch(chosen)[..., 0]):
            Image.fromarray(image).save(folder / f"{number:03}.png")
    first = Image.open(tmp_path / "data/0/000.png")
    first.save(tmp_path / "data/1/copy.png")
    first.resize((30, 30)).save(tmp_path / "data/0/large.png")
    Image.new("RGB", (14, 14), (250, 40, 30)).save(tmp_path / "data/0/red.png")
    (tmp_path / "data/0/broken.png").write_bytes(b"no image")
    return tmp_path / "data"


def test_files_are_looked_at_as_they_are_and_named(tree, tmp_path):
    check = examine(load(tree, kind="writing"))
    named = {(one.kind, one.name) for one in check.findings}
    assert {("unreadable", "0/broken.png"), ("size", "0/large.png"), ("colour", "0/red.png")} <= named
    assert any(kind == "contradiction" for kind, _ in named)


def test_the_command_writes_a_table_a_summary_and_a_picture_and_ends_with_4(tree, tmp_path):
    done = run_inklens(tmp_path, "check", tree, "--kind", "writing")
    assert done.returncode == 4, done.stderr
    assert "unreadable     " in done.stdout
    summary = json.loads((tmp_path / "checks/data-1/check.json").read_text())
    assert summary["found"]["unreadable"]["count"] == 1
    assert (tmp_path / "checks/data-1/findings.csv").read_text().startswith("kind,serious,part,index,name,")
    assert (tmp_path / "checks/data-1/pictures/findings.png").is_file()
    done = run_inklens(tmp_path, "train", tree, "--kind", "writing", "--check")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "has serious findings (" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_data_without_faults_are_not_refused(few_clean, tmp_path):
    folder, check = check_data(few_clean, output=tmp_path)
    refuse_serious(few_clean, folder, check)
    assert folder.status()["state"] == "done"
    wrong = replace(few_clean, test=few_clean.train.take(np.arange(3)))
    with pytest.raises(CheckError, match=r"serious findings \(3 leak\), which .*findings\.csv lists"):
        refuse_serious(wrong, *check_data(wrong, output=tmp_path))


@pytest.mark.slow
def test_a_training_that_looked_first_says_in_its_report_what_it_found(few_clean, tmp_path):
    x, y = few_clean.train.whole().copy(), few_clean.train.labels
    x[21], same = x[20], y.copy()
    same[21] = y[20]  # a copy, which does not keep a training from its data
    x_test, y_test = few_clean.test.whole(), few_clean.test.labels
    np.savez(tmp_path / "few.npz", x_train=x, y_train=same, x_test=x_test, y_test=y_test)
    words = ["train", "few.npz", "--kind", "writing", "--network", "conv5x5", "--epochs", "1", "--check"]
    done = run_inklens(tmp_path, *words, "--output", "run", "--quiet")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "The data before training" in page
    assert ">duplicate</th><td>1</td>" in page
    assert 'class="findings"' in page
    other = load("sample")
    with pytest.raises(OptionError, match="is of other data; give the folder that a check of these data"):
        train(other, "fast", output=tmp_path, check=tmp_path / "run")


@pytest.fixture
def few_clean(small_digits):
    return replace(
        small_digits,
        train=small_digits.train.take(np.arange(0, 4000, 20)),
        test=small_digits.test.take(np.arange(0, 1000, 20)),
    )


@pytest.mark.parametrize("readable", [1, 60])
def test_every_unreadable_file_is_listed_however_many_there_are(small_digits, tmp_path, readable):
    images = small_digits.train.batch(np.arange(90))[..., 0]
    for number, image in enumerate(images):
        path = tmp_path / "data" / str(number % 3) / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
        if number >= readable:
            path.write_bytes(path.read_bytes()[:60] if number % 2 else b"no image")
    unreadable = {f"{number % 3}/{number:02}.png" for number in range(readable, 90)}
    with pytest.raises(DataError, match=r"`inklens check` lists them"):
        load(tmp_path / "data", kind="writing")
    looked = run_inklens(tmp_path, "check", "data", "--output", "looked")
    assert looked.returncode == 4, looked.stderr
    assert f"checked    {readable} image" in looked.stdout
    with (tmp_path / "looked/findings.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "unreadable"]
    assert {row["name"] for row in rows} == unreadable
    assert {row["serious"] for row in rows} == {"1"}
    assert all(row["detail"] for row in rows)
    with pytest.raises(DataError, match=r"expected at most 1% of 90"):  # though they have been decoded
        load(tmp_path / "data", kind="writing")
    refused = run_inklens(tmp_path, "train", "data", "--check", "--epochs", 1)
    assert refused.returncode == 4
    assert f"{len(unreadable)} unreadable" in refused.stderr
    assert not (tmp_path / "runs").exists()


def test_data_of_which_nothing_can_be_read_are_refused(tmp_path):
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        (path := tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no image")
    refused = run_inklens(tmp_path, "check", "data")
    assert refused.returncode == 2
    assert "no image that can be used" in refused.stderr


def test_files_that_a_table_names_and_that_are_not_there_are_listed(small_digits, tmp_path):
    (tmp_path / "data").mkdir()
    lines = ["file,label"]
    for number, image in enumerate(small_digits.train.batch(np.arange(20))[..., 0]):
        if number % 4:
            Image.fromarray(image).save(tmp_path / f"data/{number}.png")
        lines.append(f"{number}.png,{number % 2}")
    (tmp_path / "data/labels.csv").write_text("\n".join(lines), encoding="utf-8")
    data = load(tmp_path / "data", kind="writing", unusable_share=1.0)
    listed = {one.name for one in examine(data).findings if one.kind == "unreadable"}
    assert listed == {f"{number}.png" for number in range(0, 20, 4)}
