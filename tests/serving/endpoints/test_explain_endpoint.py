import base64
import io

import pytest
from PIL import Image

import inklens as package


def test_an_image_is_explained_by_the_deployed_network(digits_server, shared_runs, sample):
    image = sample.test.batch([0])[0]
    classifier = package.Classifier.open(shared_runs / "runs/one")
    expected = classifier.predict_framed(image[None])
    answer = digits_server.client.post("/v1/explain?maps=2", json={"pixels": image[..., 0].tolist()}).json()
    framed = classifier.predict(image[..., 0])
    assert answer["label"] == framed.labels[0]
    assert list(answer["probabilities"]) == list(expected.class_names)
    assert answer["probabilities"][answer["label"]] == pytest.approx(
        float(framed.probabilities.max()), abs=1e-5
    )
    assert [layer["operator"] for layer in answer["layers"][:3]] == ["Conv", "Relu", "MaxPool"]
    assert all(len(layer["maps"]) == 2 for layer in answer["layers"] if len(layer["shape"]) == 3)
    assert answer["layers"][-1]["shape"] == [10]
    assert answer["occlusion"]["largest_fall"] > 0
    problem = digits_server.client.post("/v1/explain?label=x", content=b"")
    assert problem.json()["detail"].startswith("label is 'x'; expected one of 0, 1, 2")


def test_pictures_are_png(digits_server, sample):
    image = sample.test.batch([0])[0, ..., 0]
    answer = digits_server.client.post("/v1/explain?maps=1", json={"pixels": image.tolist()}).json()
    for text in (answer["framed"], answer["occlusion"]["map"], answer["layers"][0]["maps"][0]):
        assert Image.open(io.BytesIO(base64.b64decode(text))).mode == "L"


def test_maps_as_bytes_are_the_pixels_of_the_pictures(digits_server, sample):
    pixels = {"pixels": sample.test.batch([0])[0, ..., 0].tolist()}
    pictures = digits_server.client.post("/v1/explain?maps=2", json=pixels).json()
    answer = digits_server.client.post("/v1/explain?maps=2&form=bytes&occlusion=0", json=pixels).json()
    assert answer["occlusion"] is None
    for layer, expected in zip(answer["layers"], pictures["layers"], strict=True):
        for text, picture in zip(layer.get("maps", []), expected.get("maps", []), strict=True):
            shown = Image.open(io.BytesIO(base64.b64decode(picture)))
            assert base64.b64decode(text) == shown.tobytes()
    first = answer["layers"][0]
    assert answer["filters"]["shape"][:2] == first["kernel"] == [5, 5]
    assert first["receptive_field"] == {"height": 5, "width": 5, "first": [2, 2], "jump": [1, 1]}
    assert answer["layers"][-1]["receptive_field"] is None
    problem = digits_server.client.post("/v1/explain?form=gif", json=pixels)
    assert problem.json()["detail"] == "form is 'gif'; expected png or bytes"


def test_one_number_of_a_convolution_adds_up(digits_server, sample):
    pixels = {"pixels": sample.test.batch([0])[0, ..., 0].tolist()}
    layers = digits_server.client.post("/v1/explain?maps=0", json=pixels).json()["layers"]
    second = [layer for layer in layers if layer["kind"] == "convolution"][1]["name"]
    path = f"/v1/explain/unit?layer={second}&row=2&column=3&channel=5"
    unit = digits_server.client.post(path, json=pixels).json()
    channels, height, width = unit["patch_shape"]
    assert len(unit["patch"]) == len(unit["kernel"]) == channels * height * width
    products = sum(number * weight for number, weight in zip(unit["patch"], unit["kernel"], strict=True))
    assert products + unit["bias"] == pytest.approx(unit["value"], abs=1e-3)
    assert unit["corner"] == [2, 3]
    assert unit["seen"] == [4, 6, 14, 16]
    problem = digits_server.client.post("/v1/explain/unit?layer=nothing", json=pixels)
    assert problem.status_code == 422
    assert problem.json()["detail"].startswith("no layer 'nothing'; expected one of")
