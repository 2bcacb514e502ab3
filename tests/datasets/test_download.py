import gzip
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inklens.datasets.download import fetch, fetch_files
from inklens.errors import DownloadError

CONTENT = b"real enough " * 1000
PACKED = gzip.compress(CONTENT)
CUTS = [round(part * (len(PACKED) - 1) / 49) for part in range(50)]
CHECKSUMS = {"digits": hashlib.sha256(CONTENT).hexdigest()}


class Mirror(BaseHTTPRequestHandler):
    """Answers /KIND/digits.gz whole, cut short, packed anew, with other content, or not at all."""

    def do_GET(self) -> None:
        bodies = {
            "whole": PACKED,
            "short": PACKED,
            "anew": gzip.compress(CONTENT, 1),
            "other": gzip.compress(CONTENT[:-1]),
            "half": PACKED[: len(PACKED) // 2],
            **{f"cut{offset}": PACKED[:offset] for offset in CUTS},
            "page": b"<html>not here</html>",
        }
        body = bodies.get(self.path.split("/")[1])
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path.startswith("/short") else body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("kind", ["whole", "anew"])
def test_a_file_of_the_right_content_lands_in_the_folder(mirror, tmp_path, kind):
    fetch(CHECKSUMS, [f"{mirror}/{kind}"], tmp_path / "new" / "folder")
    assert gzip.decompress((tmp_path / "new" / "folder" / "digits.gz").read_bytes()) == CONTENT
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["digits.gz"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("short", "ChunkedEncodingError"),
        ("half", "sent a file that is cut short or damaged"),
        ("other", "sent other content than its SHA-256 says"),
        ("page", "sent other content than its SHA-256 says"),
        ("missing", "answered 404"),
    ],
)
def test_a_bad_file_is_refused_and_leaves_nothing_behind(mirror, tmp_path, kind, said):
    with pytest.raises(DownloadError, match=said) as caught:
        fetch(CHECKSUMS, [f"{mirror}/{kind}"], tmp_path)
    assert "digits.gz could not be fetched (127.0.0.1:" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["short", "half", "other", "missing"])
def test_the_next_mirror_is_tried_after_a_bad_one(mirror, tmp_path, kind):
    fetch(CHECKSUMS, [f"{mirror}/{kind}", f"{mirror}/whole"], tmp_path)
    assert (tmp_path / "digits.gz").read_bytes() == PACKED


def test_a_file_that_is_cut_anywhere_is_never_accepted_and_the_good_one_stays(mirror, tmp_path):
    fetch(CHECKSUMS, [f"{mirror}/whole"], tmp_path)
    good = {**CHECKSUMS, "more": CHECKSUMS["digits"]}
    for offset in CUTS:
        with pytest.raises(DownloadError):
            fetch(good, [f"{mirror}/cut{offset}"], tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["digits.gz"]
    assert (tmp_path / "digits.gz").read_bytes() == PACKED


def test_two_downloads_at_once_leave_one_good_file(mirror, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        for number in range(20):
            folder = tmp_path / str(number)
            list(pool.map(lambda _, folder=folder: fetch(CHECKSUMS, [f"{mirror}/whole"], folder), range(2)))
            assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("digits.gz", PACKED)]


def test_a_file_whose_md5_is_known_is_fetched_whole_or_not_at_all_and_kept_once_it_is_there(mirror, tmp_path):
    checksums = {"digits.gz": hashlib.md5(PACKED).hexdigest()}
    for offset in CUTS:
        with pytest.raises(DownloadError, match="sent other content than its MD5 says"):
            fetch_files(checksums, [f"{mirror}/cut{offset}"], tmp_path)
        assert list(tmp_path.iterdir()) == []
    fetch_files(checksums, [f"{mirror}/missing", f"{mirror}/whole"], tmp_path)
    fetch_files(checksums, [f"{mirror}/missing"], tmp_path)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("digits.gz", PACKED)]


KILLED = """
import sys
from pathlib import Path
from inklens.datasets import download
def place(temporary, target):
    print("fetched", flush=True)
    sys.stdin.read()
download.put_in_place = place
download.fetch({"digits": sys.argv[1]}, [sys.argv[2]], Path(sys.argv[3]))
"""


def test_a_download_that_is_killed_leaves_no_file_and_is_made_up_for(mirror, tmp_path):
    words = [sys.executable, "-c", KILLED, CHECKSUMS["digits"], f"{mirror}/whole", str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"fetched\n"
        process.kill()
    (left,) = tmp_path.iterdir()
    assert left.is_dir()
    os.utime(left, (0, 0))
    fetch(CHECKSUMS, [f"{mirror}/whole"], tmp_path)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("digits.gz", PACKED)]


def test_the_next_mirror_is_tried_after_a_dead_one(mirror, dead_port, tmp_path):
    fetch(CHECKSUMS, [f"http://127.0.0.1:{dead_port}", f"{mirror}/whole"], tmp_path)
    assert (tmp_path / "digits.gz").read_bytes() == PACKED


def test_every_mirror_is_named_when_none_answers(mirror, dead_port, tmp_path):
    with pytest.raises(DownloadError, match=rf"127\.0\.0\.1:{dead_port}: ConnectionError; .*answered 404"):
        fetch(CHECKSUMS, [f"http://127.0.0.1:{dead_port}", f"{mirror}/missing"], tmp_path)


def test_what_lies_there_already_is_replaced(mirror, tmp_path):
    (tmp_path / "digits.gz").write_bytes(b"damaged")
    fetch(CHECKSUMS, [f"{mirror}/whole"], tmp_path)
    assert (tmp_path / "digits.gz").read_bytes() == PACKED


def test_a_folder_that_cannot_be_made_is_refused(mirror, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match=r"cannot be written.*set INKLENS_CACHE"):
        fetch(CHECKSUMS, [f"{mirror}/whole"], tmp_path / "file" / "cache")
