import numpy as np
import pytest
from PIL import Image

from inklens.errors import ImageError
from inklens.reading.pdf_pages import picture_of, with_pdf_pages
from inklens.reading.prefetch import prefetch_pages

pytest.importorskip("pypdfium2")


@pytest.fixture
def scan(tmp_path):
    """A PDF of two pages of 144x72 points: a white one, and a black one."""
    pages = [Image.new("L", (400, 200), grey) for grey in (255, 0)]
    pages[0].save(tmp_path / "scan.pdf", save_all=True, append_images=pages[1:], resolution=200)
    return str(tmp_path / "scan.pdf")


def test_every_page_of_a_pdf_is_a_photo(scan):
    files = with_pdf_pages([scan, "other.png"])
    assert files == [f"{scan}#page=1", f"{scan}#page=2", "other.png"]
    white, black = (picture_of(file) for file in files[:2])
    assert white.shape == black.shape == (200, 400, 3)
    assert (white.mean() > 250, black.mean() < 5) == (True, True)
    assert picture_of(files[2]) == "other.png"
    assert np.array_equal(picture_of(scan), white)
    opened = [page() for _, page in prefetch_pages(files[:2])]
    assert [page.size for page in opened] == [(200, 400)] * 2


def test_a_damaged_pdf_or_page_is_refused_in_one_line(tmp_path, scan):
    (tmp_path / "cut.pdf").write_text("no PDF")
    for name in (str(tmp_path / "cut.pdf"), f"{scan}#page=9"):
        with pytest.raises(ImageError, match="cannot be read as PDF"):
            picture_of(name)


def test_a_mistyped_pdf_is_said_to_be_missing(tmp_path):
    with pytest.raises(ImageError, match=r"gone.pdf cannot be read \(no such file\); .*check the path"):
        picture_of(str(tmp_path / "gone.pdf"))


def test_a_bad_pdf_does_not_keep_the_files_beside_it_from_being_read(tmp_path, scan):
    bad = tmp_path / "cut.pdf"
    bad.write_text("no PDF")
    assert with_pdf_pages([str(bad), scan]) == [str(bad), f"{scan}#page=1", f"{scan}#page=2"]
