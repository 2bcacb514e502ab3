import itertools
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from inklens.classifier import Classifier, predict_files
from inklens.classifier.classifier import available_cores
from inklens.errors import ImageError

RANDOM = np.random.default_rng(1)


@pytest.fixture
def files(tmp_path):
    """150 images, of which the 70th is none."""
    paths = []
    for number in range(150):
        path = tmp_path / f"{number:03}.png"
        Image.fromarray(RANDOM.integers(0, 256, (10, 8), np.uint8)).save(path)
        paths.append(str(path))
    (tmp_path / "070.png").write_bytes(b"no image")
    return paths


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_answers_come_in_order_and_a_bad_file_has_its_own(model_file, files, workers):
    classifier = Classifier.open(model_file)
    answers = list(predict_files(classifier, iter(files), workers=workers))
    assert [answer.file for answer in answers] == files
    bad = answers.pop(70)
    assert (bad.status, bad.label, bad.probability, bad.top) == ("error", None, None, ())
    assert "is no image of a known format" in bad.error
    predictions = classifier.predict([file for file in files if file != bad.file])
    assert [answer.label for answer in answers] == list(predictions.labels)
    np.testing.assert_allclose(
        [answer.probability for answer in answers], predictions.probabilities.max(axis=1), atol=1e-6
    )


def test_top_gives_the_most_probable_classes_first(model_file, files):
    (answer,) = predict_files(Classifier.open(model_file), files[:1], top=2)
    assert answer.top[0] == (answer.label, answer.probability)
    assert 0 <= answer.top[1][1] <= answer.top[0][1]


@pytest.mark.parametrize("count", [71, 150])
def test_strict_stops_at_a_bad_file(model_file, files, count):
    with pytest.raises(ImageError, match=r"070\.png is no image"):
        list(predict_files(Classifier.open(model_file), files[:count], strict=True))


def test_only_a_few_files_are_taken_ahead_of_who_asks(model_file, files):
    taken = itertools.count()
    endless = (file for file in itertools.cycle(files) if next(taken) >= 0)
    answers = predict_files(Classifier.open(model_file), endless, workers=2)
    for _ in range(100):
        next(answers)
    answers.close()
    assert next(taken) <= 100 + 64 * (2 * 2 + 2)
    assert not any(thread.name.startswith("inklens-files") for thread in threading.enumerate())


@pytest.mark.parametrize(("side", "threads"), [(8, False), (80, True)])
def test_small_files_are_predicted_without_threads(model_file, tmp_path, side, threads):
    path = tmp_path / "one.png"
    Image.fromarray(RANDOM.integers(0, 256, (side, side), np.uint8)).save(path)
    answers = predict_files(Classifier.open(model_file), itertools.repeat(str(path)))
    next(answers)
    alive = any(thread.name.startswith("inklens-files") for thread in threading.enumerate())
    answers.close()
    assert alive == (threads and available_cores() > 1)


def test_files_that_cannot_be_looked_at_have_rows_of_their_own(model_file, files):
    odd = ["x" * 5000 + ".png", "none.png", "null\0.png"]
    answers = list(predict_files(Classifier.open(model_file), [*odd, *files]))
    assert [answer.status for answer in answers[:3]] == ["error"] * 3
    assert len(answers) == len(files) + 3


def test_no_files_give_no_answers(model_file):
    assert list(predict_files(Classifier.open(model_file), [])) == []


def test_memory_does_not_grow_with_the_number_of_files(model_file, files):
    """500 images of 300,000 pixels would be 150 MB."""
    Image.fromarray(RANDOM.integers(0, 256, (600, 500), np.uint8)).save(files[0], compress_level=0)
    code = f"""
import itertools, resource
from inklens.classifier import Classifier, predict_files
classifier = Classifier.open({str(model_file)!r})
def peak(count):
    for _ in predict_files(classifier, itertools.repeat({files[0]!r}, count), workers=2):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak(130), peak(500))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    few, many = map(int, done.stdout.split())
    assert many - few < 0.1 * few
