import threading

import cv2
import numpy as np
import pytest

from inklens.errors import ImageError, OptionError
from inklens.reading import prefetch
from inklens.reading.prefetch import prefetch_pages


@pytest.fixture
def files(tmp_path):
    paths = [str(tmp_path / f"{number}.png") for number in range(4)]
    for number, path in enumerate(paths):
        cv2.imwrite(path, np.full((160 + number, 200), 255, np.uint8))
    return paths


def test_pages_come_in_the_order_of_their_files(files):
    pages = [(file, opened().grey.shape) for file, opened in prefetch_pages(files)]
    assert pages == [(file, (160 + number, 200)) for number, file in enumerate(files)]
    assert list(prefetch_pages([])) == []


def test_a_file_that_is_no_picture_raises_where_its_page_is_asked_for(files, tmp_path):
    (tmp_path / "1.png").write_text("no picture")
    opened = [page for _, page in prefetch_pages(files)]
    assert opened[0]().grey.shape == (160, 200)
    with pytest.raises(ImageError):
        opened[1]()
    assert opened[2]().grey.shape == (162, 200)


def test_a_region_outside_is_refused_as_ever(files):
    _, opened = next(prefetch_pages(files, (500, 0, 10, 10)))
    with pytest.raises(OptionError, match="region"):
        opened()


def test_the_first_is_opened_at_once_and_never_more_than_one_ahead(files, monkeypatch):
    asked = 0
    asked_before, changed = [], threading.Condition()

    def watched(file, region):
        with changed:
            asked_before.append(asked)
            changed.notify()

    monkeypatch.setattr(prefetch, "open_page", watched)
    pages = prefetch_pages(files)
    with changed:
        assert changed.wait_for(lambda: asked_before, 30)
    while True:
        asked += 1
        if (following := next(pages, None)) is None:
            break
        following[1]()
    assert len(asked_before) == len(files)
    assert all(before >= number for number, before in enumerate(asked_before))
