"""Teach over HTTP: what is kept, who may change it, and a training from its start to the model in use."""

import time

import httpx
import numpy as np
import pytest

from inklens.pixels import encode_png
from serving.running_server import running_server

OURS = {"X-Inklens": "page"}


@pytest.fixture(scope="module")
def teaching(tiny_folder, tmp_path_factory):
    store = tmp_path_factory.mktemp("taught") / "runs/corrections.sqlite3"
    arguments = ("model.onnx", "--workers", 2, "--corrections", store)
    with running_server(*arguments, folder=tiny_folder) as server:
        server.client.headers.update(OURS)
        yield server


def _add(server, content, **fields):
    return server.client.post("/v1/teach/examples", files={"images": ("a.png", content)}, data=fields)


def test_classes_and_examples_are_kept_and_shown(teaching, images):
    client = teaching.client
    known = [each for each in client.get("/v1/teach").json()["classes"] if not each["own"]]
    assert known
    assert all(each["id"] == f"model:{each['name']}" for each in known)
    star = client.post("/v1/teach/classes", json={"name": "star"})
    assert star.status_code == 201
    kept = _add(teaching, images[0], **{"class": star.json()["id"], "source": "draw"}).json()["examples"][0]
    said = client.post("/v1/predict", content=images[0]).json()
    assert kept["fingerprint"] == said["fingerprint"]
    assert kept["label"] == "star"
    assert kept["status"] == said["predictions"][0]["status"]
    assert not kept["held_out"]
    listed = client.get("/v1/teach/examples", params={"class": star.json()["id"]}).json()
    assert (listed["total"], listed["examples"][0]["id"]) == (1, kept["id"])
    image = client.get(f"/v1/teach/examples/{kept['id']}/image")
    assert image.headers["Content-Type"] == "image/png"
    first = known[0]
    moved = client.patch(f"/v1/teach/examples/{kept['id']}", json={"class": first["id"]})
    assert moved.status_code == 404  # nothing was taught of it yet
    other = _add(teaching, images[1], **{"class": first["id"]}).json()["examples"][0]
    assert other["label"] == first["name"]
    moved = client.patch(f"/v1/teach/examples/{kept['id']}", json={"class": first["id"]})
    assert moved.json()["label"] == first["name"]
    assert client.delete(f"/v1/teach/examples/{kept['id']}").status_code == 204
    assert client.delete(f"/v1/teach/examples/{kept['id']}").status_code == 404
    renamed = client.patch(f"/v1/teach/classes/{star.json()['id']}", json={"name": "sun"})
    assert renamed.json()["name"] == "sun"
    assert client.delete(f"/v1/teach/classes/{star.json()['id']}").status_code == 204


@pytest.mark.parametrize(
    ("content", "fields", "status", "detail"),
    [
        (b"no image", {"label": "star"}, 422, "no image of a known format"),
        (None, {"label": "star"}, 400, "0 images; expected 1 to 64"),
        (b"", {}, 422, "empty"),
        ("image", {}, 422, 'without "class" and "label"'),
        ("image", {"class": "none"}, 422, "there is no such class"),
        ("image", {"class": "model:none"}, 422, "the model has no class"),
        ("image", {"label": "../up"}, 422, "a class named '../up'"),
        ("image", {"label": "star", "source": "mail"}, 400, "expected one of draw, file"),
        (bytes(2**21 + 1), {"label": "star"}, 413, "an image of 2,097,153 bytes"),
    ],
)
def test_what_cannot_be_kept_is_a_problem(teaching, images, content, fields, status, detail):
    content = images[0] if content == "image" else content
    files = {"images": ("a.png", content)} if content is not None else {"other": (None, "text")}
    answer = teaching.client.post("/v1/teach/examples", files=files, data=fields)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]


def test_a_change_from_another_site_is_refused(teaching):
    address = f"{teaching.address}/v1/teach/classes"
    for headers in ({}, {**OURS, "Origin": "http://evil.example"}, {**OURS, "Sec-Fetch-Site": "cross-site"}):
        assert httpx.post(address, json={"name": "evil"}, headers=headers).status_code == 403
    own = {**OURS, "Origin": teaching.address, "Sec-Fetch-Site": "same-origin"}
    made = httpx.post(address, json={"name": "kind"}, headers=own)
    assert made.status_code == 201
    assert "evil" not in teaching.client.get("/v1/teach").text
    assert httpx.delete(f"{address}/{made.json()['id']}", headers=own).status_code == 204


def test_only_the_data_of_the_served_model_can_be_trained_with(teaching):
    for asked, detail in (
        ({"with": "/etc"}, "expected the data of the served model, or null"),
        ({"with": 3}, "expected the name of a data set, or null"),
        ({"classes": "some"}, "neither own nor all"),
        ({"seconds": 10**6}, "no whole number from 5 to 3600"),
    ):
        answer = teaching.client.post("/v1/teach/trainings", json=asked)
        assert (answer.status_code, detail in answer.json()["detail"]) == (400, True)
    assert teaching.client.get("/v1/teach/trainings/none").status_code == 404


def test_a_server_without_corrections_has_no_teach(server):
    assert server.client.get("/v1/teach").status_code == 404


def _drawn(random, sign: int) -> bytes:
    """A vertical or a horizontal bar, somewhere."""
    pixels = np.zeros((40, 40, 1), np.uint8)
    at = random.integers(14, 22)
    pixels[6:34, at : at + 4] = 255
    return encode_png(pixels if sign else pixels.transpose(1, 0, 2))


def test_a_training_goes_from_drawings_to_the_model_in_use_and_back(teaching):
    client, random = teaching.client, np.random.default_rng(0)
    for name in ("up", "flat"):
        made = client.post("/v1/teach/classes", json={"name": name}).json()
        for _ in range(6):
            assert _add(teaching, _drawn(random, name == "up"), **{"class": made["id"]}).status_code == 201
    asked = {"with": None, "classes": "own", "seconds": 30}  # a busy machine does little in less
    started = client.post("/v1/teach/trainings", json=asked)
    assert started.status_code == 202, started.text
    id = started.json()["id"]
    assert client.post("/v1/teach/trainings", json=asked).status_code == 409  # one runs already
    events = set()
    deadline = time.monotonic() + 600
    training = started.json()
    while training["state"] in ("starting", "running") and time.monotonic() < deadline:
        with client.stream("GET", f"/v1/teach/trainings/{id}/events") as stream:
            lines = list(stream.iter_lines())
        events |= {line.removeprefix("event: ") for line in lines if line.startswith("event: ")}
        training = client.get(f"/v1/teach/trainings/{id}").json()
    assert training["state"] == "done", training
    assert "state" in events
    assert training["epochs"]
    result = training["result"]
    assert result["held_out"] == 6
    assert result["after"]["right"] >= 3
    assert result["before"]["right"] == 0  # the served model knows no such classes
    assert sorted(result["class_names"]) == ["flat", "up"]
    assert np.trace(result["confusion"]["after"]) == result["after"]["right"]
    used = client.post(f"/v1/teach/trainings/{id}/use").json()
    assert used["model"] == training["run"] == "taught-1"
    _until_all_say(client, used["fingerprint"])
    answer = client.post("/v1/predict", content=_drawn(random, 1)).json()["predictions"][0]
    assert answer["top"][0]["label"] in ("up", "flat")
    assert client.get("/v1/teach").json()["models"] == {"default": "taught-1", "original": False}
    back = client.post("/v1/teach/original").json()
    _until_all_say(client, back["fingerprint"])
    assert back["model"] != "taught-1"


def _until_all_say(client, fingerprint):
    """Every worker looks for the other model on its own; new connections reach both of them."""
    deadline = time.monotonic() + 60
    agreed = 0
    while agreed < 12:
        assert time.monotonic() < deadline
        with httpx.Client(base_url=client.base_url, timeout=60) as fresh:
            agreed = agreed + 1 if fresh.get("/v1/model").json()["fingerprint"] == fingerprint else 0
