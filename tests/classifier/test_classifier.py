import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from PIL import Image

from drawn_ink import on_paper, strokes
from inklens import Classifier, PixelSpec
from inklens.classifier.onnx_file import check
from inklens.errors import DataError, ImageError, ModelError
from inklens.evaluation import Thresholds
from inklens.pixels import frame
from tiny_onnx import CLASSES, build_model, save

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (600, 8, 8, 1), np.uint8)


@pytest.mark.parametrize("count", [0, 1, 7, 256, 600])
def test_the_answers_are_those_of_another_implementation(model_file, count):
    predictions = Classifier.open(model_file).predict_framed(IMAGES[:count])
    assert predictions.probabilities.dtype == predictions.id_score.dtype == np.float32
    assert (len(predictions), predictions.probabilities.shape) == (count, (count, 3))
    if count:
        theirs = ReferenceEvaluator(onnx.load(model_file)).run(None, {"pixels": IMAGES[:count]})
        np.testing.assert_allclose(predictions.probabilities, theirs[0], atol=1e-6)
        np.testing.assert_allclose(predictions.id_score, theirs[1], atol=1e-5)
        assert predictions.indices.tolist() == theirs[0].argmax(axis=1).tolist()


def test_labels_are_the_classes_names(model_file):
    predictions = Classifier.open(model_file).predict_framed(IMAGES[:20])
    assert predictions.labels == tuple(CLASSES[index] for index in predictions.indices)
    assert set(predictions.status) == {"ok"}
    assert (predictions.top(2)[:, 0] == predictions.indices).all()


def test_a_folder_that_holds_a_model_can_be_opened(model_file):
    assert Classifier.open(model_file.parent).class_names == CLASSES


def test_files_and_arrays_of_any_size_are_framed(model_file, tmp_path):
    classifier = Classifier.open(model_file)
    large = RANDOM.integers(0, 256, (40, 25, 3), np.uint8)
    path = tmp_path / "large.png"
    Image.fromarray(large).save(path)
    expected = classifier.predict_framed(frame(large, classifier.spec)[None]).probabilities
    for images in (path, str(path), large, large[None], [path], [large], large / np.float32(255)):
        np.testing.assert_allclose(classifier.predict(images).probabilities, expected, atol=1e-5)
    assert len(classifier.predict([path, IMAGES[:3], large])) == 5
    assert len(classifier.predict([])) == 0


def test_arrays_of_every_documented_shape_are_taken(model_file):
    classifier = Classifier.open(model_file)
    expected = classifier.predict_framed(IMAGES[:5]).probabilities
    for images in (IMAGES[:5], IMAGES[:5, ..., 0], IMAGES[:5] / 255, list(IMAGES[:5])):
        assert np.array_equal(classifier.predict(images).probabilities, expected)
    for image in (IMAGES[0], IMAGES[0, ..., 0], IMAGES[0, ..., 0].astype(np.int64)):
        assert np.array_equal(classifier.predict(image).probabilities[0], expected[0])
    assert len(classifier.predict(IMAGES[:0])) == 0


def test_writing_of_the_networks_own_size_is_framed_by_its_ink_too(tmp_path):
    """A 28x28 crop of one's own, dark on light, is no more ready for the network than a photo."""
    spec = PixelSpec(28, 28, 1, "ink")
    classifier = Classifier.open(save(build_model(spec), tmp_path / "model.onnx"))
    crop = on_paper(strokes(28, pen=0.08))
    expected = classifier.predict_framed(frame(crop, spec)[None]).probabilities
    assert np.array_equal(classifier.predict(crop).probabilities, expected)
    assert np.array_equal(classifier.predict(np.stack([crop, crop])).probabilities, expected[[0, 0]])
    assert classifier.predict(np.full((28, 28), 230, np.uint8)).status.tolist() == ["empty"]


def test_pixels_need_not_lie_in_one_piece(model_file):
    classifier = Classifier.open(model_file)
    turned = IMAGES[:9, ::-1, ::2][:, :, [0, 0, 1, 1, 2, 2, 3, 3]]
    assert np.array_equal(
        classifier.predict_framed(turned[::-1]).probabilities,
        classifier.predict_framed(np.ascontiguousarray(turned[::-1])).probabilities,
    )


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.zeros((3, 4, 8, 8), np.uint8), "with 1 or 3 channels last: move the channels"),
        (np.zeros((8, 8, 2, 2, 2), np.uint8), r"shape \(8, 8, 2, 2, 2\); expected"),
        (np.zeros(8, np.uint8), r"shape \(8,\); expected"),
        (np.zeros((60, 60, 4), np.uint8), r"shape \(60, 60, 4\); expected .* lay what has alpha on white"),
        (np.zeros((60, 60, 2), np.uint8), r"shape \(60, 60, 2\); expected"),
        ([np.zeros((8, 8, 4), np.uint8)], r"shape \(8, 8, 4\); expected"),
        (np.zeros((0, 28), np.uint8), r"shape \(0, 28\); expected"),
        (np.zeros((2, 0, 8), np.uint8), r"shape \(2, 0, 8\); expected"),
        (7, "images of type int; expected a path, a NumPy array, or a sequence"),
        (None, "images of type NoneType"),
        (Image.new("L", (8, 8)), r"images of type Image; .* numpy\.asarray makes an array"),
        (np.full((8, 8), 1.5), "from 1.5 to 1.5; expected 0 to 1, -1 to 1 or 0 to 255: divide them"),
        (np.full((8, 8), 300), "from 300 to 300; expected 0 to 255"),
        (np.full((8, 8), np.nan), "64 pixels that are NaN or infinite; expected numbers"),
        (np.full((8, 8), "a"), "expected uint8 0-255 or floats 0-1"),
        ([[1, 2]], "an image of type list; expected a path or a NumPy array"),
    ],
)
def test_arrays_that_cannot_be_made_right_are_refused(model_file, images, said):
    with pytest.raises(DataError, match=said):
        Classifier.open(model_file).predict(images)


def test_channels_first_are_not_taken_for_three_grey_images(tmp_path):
    classifier = Classifier.open(save(build_model(PixelSpec(8, 8, 3)), tmp_path / "model.onnx"))
    with pytest.raises(DataError, match="move the channels with numpy"):
        classifier.predict(np.zeros((3, 8, 8), np.uint8))
    assert len(classifier.predict(np.zeros((8, 8), np.uint8))) == 1


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (IMAGES[0], r"pixels of uint8 \(8, 8, 1\); expected uint8 \(N, 8, 8, 1\): give them to predict"),
        (IMAGES / 255, r"pixels of float64 \(600, 8, 8, 1\); expected uint8"),
        (np.zeros((2, 9, 8, 1), np.uint8), r"\(2, 9, 8, 1\); expected"),
        ([1], "pixels of list; expected"),
    ],
)
def test_framed_pixels_are_taken_as_they_are_or_refused(model_file, pixels, said):
    with pytest.raises(DataError, match=said):
        Classifier.open(model_file).predict_framed(pixels)


def test_a_bad_file_is_refused_by_name(model_file, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"bad\.png is no image"):
        Classifier.open(model_file).predict(tmp_path / "bad.png")


def test_a_size_that_differs_is_refused_by_name_where_framing_is_none(tmp_path):
    classifier = Classifier.open(save(build_model(PixelSpec(8, 8, 1, "none")), tmp_path / "model.onnx"))
    Image.new("L", (9, 8)).save(tmp_path / "wide.png")
    with pytest.raises(ImageError, match=r"wide\.png: an image of 8x9; expected 8x8"):
        classifier.predict(tmp_path / "wide.png")


def test_a_blank_image_is_empty_whatever_its_colour(tmp_path):
    classifier = Classifier.open(save(build_model(PixelSpec(8, 8, 3)), tmp_path / "model.onnx"))
    red = np.full((20, 10, 3), (255, 0, 0), np.uint8)
    noisy = red.copy()
    noisy[:5, :, 0] -= 6
    written = red.copy()
    written[5:15, 2:8] = 0
    predictions = classifier.predict([red, noisy, written])
    assert predictions.status.tolist() == ["empty", "empty", "ok"]
    assert predictions.labels[:2] == (None, None)


@pytest.mark.parametrize("threshold", ["id_score", "probability"])
def test_what_is_below_a_threshold_is_unknown_and_has_no_label(tmp_path, threshold):
    sure = Classifier.open(save(build_model(), tmp_path / "sure.onnx")).predict(IMAGES)
    values = sure.id_score if threshold == "id_score" else sure.probabilities.max(axis=1)
    middle = float(np.median(values))
    model = build_model(thresholds=Thresholds(**{threshold: middle}))
    predictions = Classifier.open(save(model, tmp_path / "model.onnx")).predict(IMAGES)
    assert ((predictions.status == "unknown") == (values < np.float32(middle))).all()
    assert [label is None for label in predictions.labels] == (predictions.status == "unknown").tolist()
    assert np.array_equal(predictions.indices, sure.indices)


def test_a_network_that_gives_no_probabilities_is_refused(tmp_path):
    model = build_model()
    model.graph.node[7].op_type = "Identity"
    classifier = Classifier.open(save(model, tmp_path / "model.onnx"))
    with pytest.raises(ModelError, match="numbers that are no probabilities"):
        classifier.predict_framed(IMAGES)


def test_a_network_that_gives_another_shape_than_it_says_is_refused(tmp_path):
    model = build_model()
    model.graph.node[7].output[0] = "three"
    arrays = {"four": np.full((3, 4), 0.25, np.float32), "open": np.array([-1, 4])}
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    model.graph.node.insert(8, helper.make_node("MatMul", ["three", "four"], ["wide"]))
    model.graph.node.insert(9, helper.make_node("Reshape", ["wide", "open"], ["probabilities"]))
    with pytest.raises(ModelError, match="expected"):
        Classifier.open(save(model, tmp_path / "model.onnx")).predict_framed(IMAGES)


def test_threads_may_share_a_classifier(model_file):
    classifier = Classifier.open(model_file)
    expected = classifier.predict_framed(IMAGES).probabilities
    with ThreadPoolExecutor(8) as pool:
        for got in pool.map(lambda _: classifier.predict_framed(IMAGES).probabilities, range(40)):
            np.testing.assert_allclose(got, expected, atol=1e-6)


def test_large_images_go_through_the_network_in_small_batches(model_file):
    assert Classifier.open(model_file).batch_size == 64
    large = build_model(PixelSpec(512, 512, 1))
    metadata, _ = check(large.SerializeToString())
    assert Classifier(None, metadata, 1).batch_size == 1


def test_predicting_imports_no_framework(model_file, tmp_path):
    code = f"""
import sys
for name in ("keras", "tensorflow", "jax", "torch", "sklearn", "matplotlib", "pydantic", "pandas"):
    sys.modules[name] = None  # importing it now raises ImportError
import numpy as np
from inklens import Classifier
from inklens.classifier import predict_files, find_images
classifier = Classifier.open({str(model_file)!r})
print(len(classifier.predict(np.zeros((3, 20, 20, 3), np.uint8))), "onnx" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("3 False\n", 0), done.stderr
