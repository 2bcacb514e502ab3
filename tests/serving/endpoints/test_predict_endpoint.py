import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from inklens import Classifier, PixelSpec
from inklens.classifier import predict_files
from inklens.pixels import frame
from tiny_onnx import CLASSES


def _send(server, content, query=""):
    return server.client.post(f"/v1/predict{query}", content=content, headers={"Content-Type": "image/png"})


def test_server_file_and_python_say_the_same_with_requests_in_flight_together(
    server, tiny_folder, images, tmp_path
):
    files = []
    for index, content in enumerate(images):
        files.append(tmp_path / f"{index}.png")
        files[-1].write_bytes(content)
    classifier = Classifier.open(tiny_folder)
    python = classifier.predict(files)
    from_files = list(predict_files(classifier, map(str, files), top=3))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda content: _send(server, content, "?top=3").json(), images))
    for index, (answer, file) in enumerate(zip(answers, from_files, strict=True)):
        (said,) = answer["predictions"]
        assert (said["status"], said["label"]) == (file.status, file.label)
        assert (said["status"], said["label"]) == (python.status[index], python.labels[index])
        by_name = {entry["label"]: entry["probability"] for entry in said["top"]}
        served = [by_name[name] for name in CLASSES]
        np.testing.assert_allclose(served, python.probabilities[index], atol=1e-5)
        assert said["id_score"] == pytest.approx(float(python.id_score[index]), abs=1e-4)


def test_a_bad_image_among_others_has_its_own_error(server, images):
    files = [("images", (name, content)) for name, content in (("a.png", images[0]), ("b.png", b"no image"))]
    answer = server.client.post("/v1/predict", files=files)
    good, bad = answer.json()["predictions"]
    assert answer.status_code == 200
    assert (good["file"], good["status"], bad["file"], bad["status"]) == ("a.png", "ok", "b.png", "error")
    assert bad["error"]["status"] == 422
    assert "no image of a known format; expected PNG" in bad["error"]["detail"]


def test_one_bad_image_spoils_no_other_request_in_its_batch(server, images):
    contents = [images[0][:40] if index == 7 else images[index % 40] for index in range(32)]
    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(lambda content: _send(server, content).status_code, contents))
    assert statuses == [422 if index == 7 else 200 for index in range(32)]


def test_pixels_in_json_are_those_of_python(server, tiny_folder):
    pixels = np.random.default_rng(5).integers(0, 256, (3, 8, 8), np.uint8)
    expected = Classifier.open(tiny_folder).predict(pixels)
    answer = server.client.post("/v1/predict", json={"pixels": pixels.tolist()}).json()
    assert [row["label"] for row in answer["predictions"]] == list(expected.labels)
    np.testing.assert_allclose(
        [row["probability"] for row in answer["predictions"]], expected.probabilities.max(axis=1), atol=1e-5
    )


@pytest.mark.parametrize(
    ("content", "kind", "status", "expected"),
    [
        (b"", "image/png", 422, "is empty (0 bytes)"),
        (b"hello", "text/plain", 415, "a body of type 'text/plain'; expected image/png"),
        (b"{", "application/json", 400, "no JSON"),
        (b"[1]", "application/json", 400, 'without "pixels"; expected'),
        (b'{"pixels": [[1], [1, 2]]}', "application/json", 400, "unlike length; expected a rectangle"),
        (b'{"pixels": [["a", "b"]]}', "application/json", 400, "no numbers; expected whole numbers"),
        (b'{"pixels": [[1, 300]]}', "application/json", 422, "expected 0 to 255"),
        (b'{"pixels": [[1, NaN]]}', "application/json", 400, "no JSON"),
        (b'{"pixels": ' + b"[" * 20 + b"]" * 20 + b"}", "application/json", 400, "levels deep"),
        (b'{"pixels": ' + b"[" * 100_000, "application/json", 400, "no JSON"),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400, "images; expected"),
        (b"nothing", "multipart/form-data", 400, "a form that cannot be read"),
    ],
)
def test_a_body_that_cannot_be_used_is_a_problem_document(server, content, kind, status, expected):
    answer = server.client.post("/v1/predict", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail"}
    assert problem["status"] == status
    assert expected in problem["detail"], problem["detail"]


@pytest.mark.parametrize("query", ["?top=0", "?top=4", "?top=many", "?top=-1"])
def test_a_parameter_out_of_range_is_refused(server, images, query):
    answer = _send(server, images[0], query)
    assert answer.status_code == 400
    assert "expected a whole number, 1 to 3" in answer.json()["detail"]


def test_more_images_than_a_request_may_have_are_refused(server):
    body = json.dumps({"pixels": np.zeros((257, 8, 8), int).tolist()})
    answer = server.client.post("/v1/predict", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"][:10]) == (413, "257 images")
    answer = server.client.post("/v1/predict", files=[("images", b"x")] * 257)
    assert (answer.status_code, answer.json()["detail"][:10]) == (413, "257 images")


def test_images_are_counted_before_anything_else_is_done_with_them(server):
    body = json.dumps({"pixels": np.full((257, 8, 8), 300).tolist()})
    answer = server.client.post("/v1/predict", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_json_of_very_many_lists_is_refused(server):
    body = b'{"pixels": [' + b"[]," * 200_000 + b"[]]}"
    answer = server.client.post("/v1/predict", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, "send image files" in answer.json()["detail"]) == (413, True)


def test_a_name_that_cannot_be_sent_back_is_no_failure(server, images):
    part = b'Content-Disposition: form-data; name="images"; filename="\\ud800.png"'
    body = b"\r\n".join([b"--x", part, b"", images[0], b"--x--", b""])
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    answer = server.client.post("/v1/predict", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 200
    assert answer.json()["predictions"][0]["file"] == "?.png"


def test_another_model_is_asked_for_by_name(server, images):
    assert _send(server, images[0], "?model=pets").json()["model"] == "pets"
    answer = _send(server, images[0], "?model=other")
    assert (answer.status_code, answer.json()["detail"]) == (404, "no model 'other'; expected one of pets")


def test_what_the_network_saw_is_given_where_it_is_asked_for(digits_server, sample):
    image = sample.test.batch([0])[0]
    answer = digits_server.client.post("/v1/predict?framed=1", json={"pixels": image[..., 0].tolist()}).json()
    shown = Image.open(io.BytesIO(base64.b64decode(answer["predictions"][0]["framed"])))
    framed = frame(image, PixelSpec(28, 28, 1, "ink"))
    assert np.array_equal(np.asarray(shown), framed[..., 0])
    plain = digits_server.client.post("/v1/predict", json={"pixels": image[..., 0].tolist()}).json()
    assert "framed" not in plain["predictions"][0]
