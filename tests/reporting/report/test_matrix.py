import numpy as np

from inklens.datasets import Split
from inklens.reporting.report.matrix import gallery, matrix_of
from inklens.reporting.report.run_figures import read_sources


def test_a_cell_says_how_often_and_empty_ones_are_none():
    matrix = matrix_of(np.array([[8, 2, 0], [1, 99, 0], [0, 0, 0]]))
    assert [[cell and cell.count for cell in row] for row in matrix.rows] == [
        [8, 2, None],
        [1, 99, None],
        [None, None, None],
    ]
    assert [(cell.key, cell.count) for cell in matrix.mixups] == [("0-1", 2), ("1-0", 1)]
    assert matrix.recalls == ("80.0%", "99.0%", "\N{EN DASH}")


def test_the_rarest_error_is_still_shaded_and_the_commonest_the_strongest():
    (_, worst), (least, _) = matrix_of(np.array([[50, 50], [1, 999]])).rows
    assert (least.level, worst.level) == (1, 5)


def test_too_many_classes_are_listed_instead_of_drawn():
    confusion = np.eye(101, dtype=np.int64)
    confusion[3, 7] = 4
    matrix = matrix_of(confusion)
    assert matrix.rows == ()
    assert [cell.key for cell in matrix.mixups] == ["3-7"]


def test_a_cell_holds_its_own_images_the_most_telling_first(finished):
    sources = read_sources(finished.folder)
    cells = gallery(sources, finished.images, 10**7)
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (sources.labels, sources.predicted), 1)
    assert set(cells) == {f"{i}-{j}" for i, j in np.argwhere(counts)}
    for key, images in cells.items():
        actual, predicted = map(int, key.split("-"))
        numbers = [number for number, *_ in images]
        assert (sources.labels[numbers] == actual).all()
        assert (sources.predicted[numbers] == predicted).all()
        assert len(images) == min(counts[actual, predicted], 12 if actual == predicted else 24)
        confidence = [sure for _, sure, _ in images]
        assert confidence == sorted(confidence, reverse=actual != predicted)


def test_a_small_budget_keeps_an_image_in_every_cell_before_any_gets_two(finished):
    sources = read_sources(finished.folder)
    everything = gallery(sources, finished.images, 10**7)
    few = gallery(sources, finished.images, 45_000)
    assert sum(len(source) for images in few.values() for *_, source in images) <= 45_000
    assert set(few) == set(everything)
    assert 1 <= min(map(len, few.values())) <= max(map(len, few.values())) < 24


def test_large_images_are_made_smaller_before_they_are_left_out(make_run):
    random = np.random.default_rng(0)
    labels = np.arange(40) % 2
    images = Split(random.integers(0, 256, (40, 128, 128, 3)).astype(np.uint8), labels)
    sources = read_sources(make_run(images, random.normal(size=(40, 2)), ["a", "b"]).folder)
    whole, tight = (gallery(sources, images, budget) for budget in (10**6, 60_000))
    assert sum(map(len, tight.values())) == sum(map(len, whole.values()))
    assert len(tight["0-0"][0][2]) < len(whole["0-0"][0][2])
