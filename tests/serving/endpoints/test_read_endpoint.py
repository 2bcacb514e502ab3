import json

import pytest

import inklens as package
from drawn_ink import on_paper, strokes
from inklens.pixels import encode_png


@pytest.fixture(scope="module")
def page():
    """A sheet with strokes like ones and sevens: uint8 (H, W, 1)."""
    return on_paper(strokes())[..., None]


def test_a_photo_is_read_as_python_reads_it(digits_server, shared_runs, page, tmp_path):
    path = tmp_path / "page.png"
    path.write_bytes(encode_png(page))
    expected = package.read(path, package.Classifier.open(shared_runs / "runs/one")).to_dict()
    answer = digits_server.client.post("/v1/read", files={"images": ("page.png", path.read_bytes())}).json()
    assert answer.pop("file") == "page.png"
    assert answer.pop("model") == "one"
    assert len(answer.pop("fingerprint")) == 64
    assert answer == json.loads(json.dumps(expected))


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("?expect=0", 400, "expected a whole number, 1 to 100"),
        ("?grid=9", 400, "expected ROWSxCOLUMNS, such as 9x9"),
        ("?grid=2x2&expect=1", 422, "expect and grid exclude each other"),
        ("?region=1,2,3", 400, "expected left,top,width,height"),
        ("?region=9000,0,5,5", 422, "expected left,top,width,height inside of it"),
    ],
)
def test_options_out_of_range_are_refused(digits_server, page, query, status, expected):
    answer = digits_server.client.post(f"/v1/read{query}", content=encode_png(page))
    assert answer.status_code == status
    assert expected in answer.json()["detail"]


def test_a_region_and_a_grid_are_read(digits_server, page):
    height, width = page.shape[:2]
    content = encode_png(page)
    answer = digits_server.client.post(f"/v1/read?region=0,0,{width},{height}&grid=1x1", content=content)
    (cell,) = answer.json()["numbers"]
    assert cell["column"] == 0


def test_several_images_or_none_are_refused(digits_server, page):
    files = [("images", encode_png(page))] * 2
    assert digits_server.client.post("/v1/read", files=files).status_code == 400
    answer = digits_server.client.post("/v1/read", content=b"no image")
    assert (answer.status_code, answer.json()["status"]) == (422, 422)
