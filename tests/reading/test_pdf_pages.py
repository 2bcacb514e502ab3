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
    for name in (str(tmp_path / "cut.pdf"), str(tmp_path / "gone.pdf"), f"{scan}#page=9"):
        with pytest.raises(ImageError, match="cannot be read as PDF"):
            picture_of(name)
    with pytest.raises(ImageError, match="cannot be read as PDF"):
        with_pdf_pages([str(tmp_path / "cut.pdf")])
