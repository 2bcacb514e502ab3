import csv
import io

import numpy as np
import pytest

from inklens.audit import find_label_issues

NAMES = ["cat", "dog", "owl"]


@pytest.fixture
def told():
    """Nine images: a sure network contradicts the fifth, a doubtful one the second; else it agrees."""
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    probabilities = np.full((9, 3), 0.05)
    probabilities[np.arange(9), labels] = 0.9
    probabilities[4] = (0.02, 0.01, 0.97)
    probabilities[1] = (0.4, 0.5, 0.1)
    return probabilities, labels


def test_the_surest_contradiction_comes_first(told):
    issues = find_label_issues(*told, NAMES)
    assert issues.indices.tolist() == [4, 1]
    assert issues.given.tolist() == [1, 0]
    assert issues.suggested.tolist() == [2, 1]
    assert issues.confidence.tolist() == [0.97, 0.5]
    assert issues.score == pytest.approx([0.01, 0.4])
    assert (issues.images, len(issues), issues.estimated) == (9, 2, 1)


def test_the_table_names_classes(told):
    header, rows = find_label_issues(*told, NAMES).table(NAMES)
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([header, *rows])
    assert file.getvalue() == (
        "index,given_label,suggested_label,confidence,score\n4,dog,owl,0.97,0.01\n1,cat,dog,0.5,0.4\n"
    )


def test_the_table_names_files_where_there_are_any(told):
    header, rows = find_label_issues(*told, NAMES).table(NAMES, ["dog/4.png", "cat/1.png"])
    assert header[-1] == "file"
    assert [row[-1] for row in rows] == ["dog/4.png", "cat/1.png"]


def test_labels_that_are_all_right_leave_nothing_to_list(told):
    probabilities, _ = told
    issues = find_label_issues(probabilities, probabilities.argmax(axis=1), NAMES)
    assert len(issues) == issues.estimated == 0


def test_a_class_without_images_is_no_reason_to_fail(told):
    probabilities, labels = told
    wider = np.concatenate([np.full((9, 1), 1e-9), probabilities], axis=1)
    wider /= wider.sum(axis=1, keepdims=True)
    assert find_label_issues(wider, labels + 1, ["none", *NAMES]).indices.tolist() == [4, 1]
