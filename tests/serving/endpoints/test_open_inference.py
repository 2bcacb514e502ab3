import json

import numpy as np
import pytest

from inklens import Classifier

PIXELS = np.random.default_rng(6).integers(0, 256, (5, 8, 8, 1), np.uint8)


def _infer(server, pixels=PIXELS, **changes):
    tensor = {
        "name": "pixels",
        "datatype": "UINT8",
        "shape": list(pixels.shape),
        "data": pixels.ravel().tolist(),
    }
    return server.client.post("/v2/models/pets/infer", json={"id": "7", "inputs": [{**tensor, **changes}]})


def test_tensors_in_json_give_what_python_gives(server, tiny_folder):
    expected = Classifier.open(tiny_folder).predict_framed(PIXELS)
    answer = _infer(server).json()
    outputs = {output["name"]: output for output in answer["outputs"]}
    assert (answer["id"], answer["model_name"]) == ("7", "pets")
    assert outputs["probabilities"]["shape"] == [5, 3]
    np.testing.assert_allclose(
        np.reshape(outputs["probabilities"]["data"], (5, 3)), expected.probabilities, atol=1e-5
    )
    assert outputs["status"] == {
        "name": "status", "datatype": "BYTES", "shape": [5], "data": expected.status.tolist(),
    }  # fmt: skip


def test_tensors_as_binary_data_give_the_same(server, tiny_folder):
    expected = Classifier.open(tiny_folder).predict_framed(PIXELS)
    blob = PIXELS.tobytes()
    tensor = {
        "name": "pixels", "datatype": "UINT8", "shape": list(PIXELS.shape),
        "parameters": {"binary_data_size": len(blob)},
    }  # fmt: skip
    outputs = [{"name": "probabilities", "parameters": {"binary_data": True}}, {"name": "id_score"}]
    header = json.dumps({"inputs": [tensor], "outputs": outputs}).encode()
    answer = server.client.post(
        "/v2/models/pets/infer",
        content=header + blob,
        headers={"Inference-Header-Content-Length": str(len(header))},
    )
    length = int(answer.headers["Inference-Header-Content-Length"])
    first, second = json.loads(answer.content[:length])["outputs"]
    assert first["parameters"]["binary_data_size"] == len(answer.content) - length == 60
    probabilities = np.frombuffer(answer.content[length:], "<f4").reshape(5, 3)
    np.testing.assert_allclose(probabilities, expected.probabilities, atol=1e-5)
    np.testing.assert_allclose(second["data"], expected.id_score, atol=1e-4)


def test_a_client_from_the_package_index_gets_the_same(server, tiny_folder):
    import tritonclient.http as triton

    client = triton.InferenceServerClient(server.address.removeprefix("http://"))
    assert client.is_server_ready()
    assert client.is_model_ready("pets")
    assert client.get_model_metadata("pets")["inputs"][0]["shape"] == [-1, 8, 8, 1]
    pixels = triton.InferInput("pixels", PIXELS.shape, "UINT8")
    pixels.set_data_from_numpy(PIXELS)
    answer = client.infer("pets", [pixels])
    expected = Classifier.open(tiny_folder).predict_framed(PIXELS)
    np.testing.assert_allclose(answer.as_numpy("probabilities"), expected.probabilities, atol=1e-5)
    assert answer.as_numpy("status").tolist() == [status.encode() for status in expected.status]
    client.close()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "images"}, "expected 'pixels' of UINT8 (N, 8, 8, 1)"),
        ({"datatype": "FP32"}, "expected 'pixels' of UINT8"),
        ({"shape": [5, 9, 8, 1]}, "expected 'pixels' of UINT8"),
        ({"shape": [4, 8, 8, 1]}, "expected as many as the shape"),
        ({"data": [300] * 320}, "expected as many as the shape"),
        ({"data": "x"}, "expected as many as the shape"),
    ],
)
def test_another_tensor_is_refused(server, changes, expected):
    answer = _infer(server, **changes)
    assert answer.status_code == 400
    assert expected in answer.json()["detail"]


def test_an_id_that_cannot_be_sent_back_is_no_failure(server):
    tensor = {"name": "pixels", "datatype": "UINT8", "shape": [1, 8, 8, 1], "data": [0] * 64}
    body = json.dumps({"id": "\ud800", "inputs": [tensor]})
    answer = server.client.post("/v2/models/pets/infer", content=body)
    assert (answer.status_code, answer.json()["id"]) == (200, "?")


def test_an_output_is_given_once(server):
    tensor = {"name": "pixels", "datatype": "UINT8", "shape": [1, 8, 8, 1], "data": [0] * 64}
    body = {"inputs": [tensor], "outputs": [{"name": "status"}] * 2}
    answer = server.client.post("/v2/models/pets/infer", json=body)
    assert (answer.status_code, "expected each at most once" in answer.json()["detail"]) == (400, True)


def test_a_length_of_many_digits_is_refused(server):
    headers = {"Inference-Header-Content-Length": "9" * 5000}
    assert server.client.post("/v2/models/pets/infer", content=b"{}", headers=headers).status_code == 400


def test_an_unknown_model_or_output_is_refused(server):
    assert server.client.get("/v2/models/dogs").status_code == 404
    tensor = {"name": "pixels", "datatype": "UINT8", "shape": [1, 8, 8, 1], "data": [0] * 64}
    body = {"inputs": [tensor], "outputs": [{"name": "label"}]}
    answer = server.client.post("/v2/models/pets/infer", json=body)
    assert "expected probabilities, id_score, status" in answer.json()["detail"]
    assert server.client.post("/v2/models/pets/infer", json={"inputs": []}).status_code == 400
