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
