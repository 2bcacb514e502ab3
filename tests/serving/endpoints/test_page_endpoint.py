import os
import re
import time
from pathlib import Path

import httpx
import pytest

import inklens
from serving.running_server import running_server

FOLDER = Path(inklens.__file__).parent / "serving/page"


def test_the_page_and_its_parts_are_files_of_the_package(server):
    page = server.client.get("/")
    assert page.status_code == 200
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {name for name in named if name.startswith("/page/")} >= {"/page/app.js", "/page/page.css"}
    for file in FOLDER.iterdir():
        if file.suffix != ".html":
            answer = server.client.get(f"/page/{file.name}")
            assert (answer.status_code, answer.content) == (200, file.read_bytes()), file.name


def test_every_import_of_a_script_is_there():
    for file in FOLDER.glob("*.js"):
        for name in re.findall(r'from "([^"]+)"', file.read_text(encoding="utf-8")):
            assert name.startswith("./"), f"{file.name} imports {name}"
            assert (FOLDER / name).is_file(), f"{file.name} imports {name}"


@pytest.mark.parametrize("name", ["index.html", "nothing.js", "..%2Faccess.py", "%2e%2e/access.py", "page"])
def test_other_files_are_not_given(server, name):
    answer = server.client.get(f"/page/{name}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_nothing_but_its_own_files_may_run(server):
    policy = server.client.get("/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_page_opens_without_the_token_and_asks_for_it(tiny_folder):
    token = "a token of some length"
    with running_server("model.onnx", "--workers", 1, folder=tiny_folder, INKLENS_TOKEN=token) as server:
        assert 'data-token="wanted"' in server.client.get("/").text
        assert server.client.get("/page/app.js").status_code == 200
        assert server.client.get("/v1/model").status_code == 401
        with httpx.Client(base_url=server.address, headers={"Authorization": f"Bearer {token}"}) as known:
            assert 'data-token="none"' in known.get("/").text


@pytest.mark.skipif(os.name != "posix", reason="the browser is a shell script")
def test_open_opens_the_page_and_read_only_teaches_nothing(tiny_folder, tmp_path):
    browser = tmp_path / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/part && mv {tmp_path}/part {tmp_path}/opened\n')
    browser.chmod(0o755)
    options = ("model.onnx", "--workers", 1, "--open", "--read-only")
    with running_server(*options, folder=tiny_folder, BROWSER=f"{browser} %s") as server:
        deadline = time.monotonic() + 30
        while not (tmp_path / "opened").exists() and time.monotonic() < deadline:
            assert server.client.get("/health/live").status_code == 200
        assert (tmp_path / "opened").read_text().strip() == server.address
        assert 'data-teach="off"' in server.client.get("/").text
