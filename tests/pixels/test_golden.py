"""One preprocessing: training, evaluation and prediction see the same bytes of the same file."""

import numpy as np
import pytest
from PIL import Image

from drawn_ink import on_paper, shadow, strokes
from inklens import Classifier, load
from inklens.classifier.evaluated_model import EvaluatedModel
from inklens.classifier.image_inputs import framed_array, framed_file
from inklens.pixels import PixelSpec, decode, find_ink, frame, keep_writing, place_ink
from tiny_onnx import CLASSES, build_model, save

SPEC = PixelSpec(28, 28, 1, "ink")

# The drawn 5 as it must come out, a character for 32 grey levels each: no change of this may go unseen.
GOLDEN = """
0000000000000000000000000000
0000000000000000000000000000
0000000000000000000000000000
0000000000000000000000000000
0000000000000233456640000000
0000000000153777777760000000
0000000000573555432200000000
0000000000771000000000000000
0000000000770000000000000000
0000000002760000000000000000
0000000003750021000000000000
0000000004766777300000000000
0000000006777777761000000000
0000000003642002777400000000
0000000000000000057720000000
0000000000000000004730000000
0000000000000000003740000000
0000000000000000002750000000
0000000000000000001770000000
0000000023000000004770000000
0000000077500000057720000000
0000000037762111577200000000
0000000002777777772000000000
0000000000167777720000000000
0000000000000000000000000000
0000000000000000000000000000
0000000000000000000000000000
0000000000000000000000000000
"""


def picture(number):
    """A 5 on paper, each a little elsewhere and in another light."""
    ink = strokes(90, pen=0.05, scale=0.7, offset=(number, 20 - number))
    return on_paper(ink, light=shadow(90, 0.02 * number), noise=2, seed=number)


@pytest.fixture
def tree(tmp_path):
    for place, name in enumerate(CLASSES):
        for number in range(10):
            path = tmp_path / "tree" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture(number + place)).save(path)
    return tmp_path / "tree"


def test_the_drawn_five_comes_out_as_ever():
    framed = frame(on_paper(strokes(), light=shadow(280, 0.4)), SPEC)[..., 0]
    golden = np.array([[int(level) * 32 for level in line] for line in GOLDEN.split()])
    assert golden.shape == (28, 28)
    off = np.maximum(golden - framed, framed.astype(int) - golden - 31)
    assert off.max() <= 2, "another OpenCV may round otherwise, but not more"


def test_a_folder_to_train_on_holds_what_prediction_sees(tree):
    data = load(tree, kind="writing", size=(28, 28), strict=True)
    assert (data.spec, data.kind) == (SPEC, "writing")
    for split in data.parts.values():
        for position, image in enumerate(split.whole()):
            path = tree / split.file(position)
            assert np.array_equal(image, framed_file(path, SPEC))
            pixels = decode(path)
            assert np.array_equal(image, frame(pixels, SPEC))
            assert np.array_equal(image, framed_array(pixels, SPEC)[0])
            assert np.array_equal(image, place_ink(keep_writing(find_ink(pixels)), SPEC))


def test_evaluation_and_prediction_see_the_same(tree, tmp_path):
    model = save(build_model(SPEC), tmp_path / "model.onnx")
    model_file = EvaluatedModel.open(model)
    data = model_file.load(str(tree))
    files = [tree / data.test.file(position) for position in range(len(data.test))]
    answers = model_file.answers(data, "test")
    assert np.array_equal(answers.probabilities, Classifier.open(model).predict(files).probabilities)


def test_an_npz_of_writing_is_framed_and_one_of_things_is_not(tmp_path):
    images = np.stack([on_paper(strokes(28, pen=0.08, scale=0.6, offset=(n, n))) for n in range(20)])
    np.savez(tmp_path / "own.npz", images=images, labels=np.arange(20) % 2)
    writing = load(tmp_path / "own.npz", kind="writing")
    things = load(tmp_path / "own.npz", kind="things")
    assert (writing.spec.framing, things.spec.framing) == ("ink", "pad")
    assert np.array_equal(writing.train.whole(), np.stack([frame(x, SPEC) for x in things.train.whole()]))


def test_mnist_is_framed_already_and_stays_as_it_is(digits):
    data = load("sample")
    assert data.spec == SPEC
    assert np.array_equal(data.test.whole(), load("sample", kind="things").test.whole())
    assert digits.spec == SPEC
