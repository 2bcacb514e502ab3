"""Class folders in archives that other tools wrote, and archives that somebody damaged or made to harm."""

import io
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inklens.datasets import load
from inklens.errors import DataError
from inklens.pixels import encode_png


@pytest.fixture
def folders(tmp_path: Path, few) -> Path:
    """A hundred real digits in ten folders inside one."""
    root = tmp_path / "digits"
    for number, (image, label) in enumerate(zip(*few, strict=True)):
        (root / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(root / str(label) / f"{number}.png")
    return root


@pytest.fixture(params=["zip", "tar", "gztar", "bztar", "xztar"])
def archive(request: pytest.FixtureRequest, folders: Path, tmp_path: Path) -> Path:
    return Path(shutil.make_archive(str(tmp_path / "packed"), request.param, folders.parent, "digits"))


def test_an_archive_gives_what_its_folders_give(archive, folders):
    unpacked, packed = load(folders), load(archive)
    assert packed.name == "packed"
    assert packed.fingerprint == unpacked.fingerprint
    assert packed.train.file(0).startswith("digits/0/")
    assert load(packed.path).fingerprint == packed.fingerprint, "read from the cache"


def test_nothing_is_unpacked_beside_the_archive(archive, folders, tmp_path, cache):
    shutil.rmtree(folders)
    load(archive)
    assert list(tmp_path.iterdir()) == [archive]
    assert not [path for path in cache.rglob("*") if path.suffix == ".png"]


def test_the_zip_of_a_mac_has_its_shadow_files_passed_over(folders, tmp_path):
    path = tmp_path / "mac.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(folders.rglob("*.png")):
            inside = file.relative_to(folders.parent)
            packed.write(file, inside)
            packed.writestr(f"__MACOSX/{inside.parent}/._{inside.name}", b"\0\5\x16\7")
        packed.writestr("digits/.DS_Store", b"")
    loaded = load(path)
    assert len(loaded.part("all")) == 100
    assert "passed over: 100 in __MACOSX, 1 hidden" in loaded.notes


def test_a_zip_with_windows_paths_has_folders_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as packed:
        for name in "ab":
            for number in range(5):
                image = np.full((8, 8, 1), 40 * number, np.uint8)
                packed.writestr(f"{name}\\{number}.png", encode_png(image))
    assert load(tmp_path / "set.zip").class_names == ("a", "b")


def test_no_path_leaves_the_archive_and_nothing_counts_twice(tmp_path):
    names = [
        "../../a/9.png",
        "/a/8.png",
        "C:/a/7.png",
        *(f"{name}/{number}.png" for name in "ab" for number in range(5)),
    ]
    with tarfile.open(tmp_path / "set.tar", "w") as packed:
        for name in [*names, "a/0.png"]:
            content = encode_png(np.full((8, 8, 1), len(name), np.uint8))
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("a/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
    loaded = load(tmp_path / "set.tar")
    assert len(loaded.part("all")) == 10
    assert "passed over: 3 with a path that leaves the archive, 1 .link, 1 in it twice" in loaded.notes


def test_an_encrypted_zip_is_refused_in_one_line(tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a/1.png", b"x")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1  # the flag of encryption, in the directory
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"set\.zip is encrypted; expected no password"):
        load(path)


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tgz", ".tar.xz", ".tar.bz2"])
def test_what_is_no_archive_is_refused_in_one_line(tmp_path, suffix):
    for content in (b"", b"no archive", b"\x1f\x8b\x08 cut", b"\xfd7zXZ\0 cut", b"BZh9 cut", b"PK\3\4 cut"):
        (tmp_path / f"set{suffix}").write_bytes(content)
        with pytest.raises(DataError, match="expected") as caught:
            load(tmp_path / f"set{suffix}")
        assert "\n" not in str(caught.value)


def test_an_archive_without_images_says_what_it_holds(tmp_path):
    with zipfile.ZipFile(tmp_path / "digit-recognizer.zip", "w") as packed:
        for name in ("train.csv", "test.csv", "sample_submission.csv"):
            packed.writestr(name, "label")
    with pytest.raises(DataError, match=r"holds no images, but 3 \.csv; .*unpack it"):
        load(tmp_path / "digit-recognizer.zip")


@pytest.mark.skipif(shutil.which("tar") is None, reason="no tar here")
def test_what_tar_itself_writes_is_read(folders, tmp_path):
    subprocess.run(["tar", "czf", "set.tar.gz", "-C", folders, "."], cwd=tmp_path, check=True)
    loaded = load(tmp_path / "set.tar.gz")
    assert np.array_equal(np.sort(loaded.part("all").labels), np.repeat(np.arange(10), 10))


def test_a_path_may_begin_with_a_point(folders, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as packed:
        for number, file in enumerate(sorted(folders.rglob("*.png"))):
            packed.write(file, f"{'./' * (number % 2)}{file.relative_to(folders)}")
    assert load(tmp_path / "set.zip").class_names == tuple("0123456789")
