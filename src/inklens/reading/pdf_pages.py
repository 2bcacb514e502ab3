"""The pages of PDF scans as pictures: page 2 of scan.pdf is called scan.pdf#page=2 (RFC 8118)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.errors import ImageError, needing

_PAGE = re.compile(r"(.+\.pdf)(?:#page=(\d+))?", re.IGNORECASE | re.DOTALL)
_RESOLUTION = 200 / 72  # pixels per point
_MOST_PIXELS = 20_000_000  # of a page; a larger sheet is drawn smaller


def with_pdf_pages(files: Iterable[str]) -> list[str]:
    """The files, with the pages of each PDF in its place; one that cannot be read stays itself.

    Raises:
        MissingPackageError: there is a PDF, and pypdfium2 is not installed.
    """
    found: list[str] = []
    for file in files:
        if file.lower().endswith(".pdf"):
            try:
                with _opened(file) as document:
                    found += [f"{file}#page={number}" for number in range(1, len(document) + 1)]
            except ImageError:  # said where its turn to be read comes
                found.append(file)
        else:
            found.append(file)
    return found


def picture_of(file: str) -> str | NDArray[np.uint8]:
    """The page of a PDF that is named so, its first without "#page=", uint8 (H, W, 3); else the name itself.

    Raises:
        ImageError: a PDF that cannot be read.
    """
    match = _PAGE.fullmatch(file)
    if match is None or (match[2] and Path(file).exists()):
        return file
    with _opened(match[1]) as document:
        page = document[int(match[2] or 1) - 1]
        width, height = page.get_size()
        scale = min(_RESOLUTION, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
        drawn = page.render(scale=scale, rev_byteorder=True).to_numpy()
        return np.ascontiguousarray(drawn[..., :3], np.uint8)


@contextmanager
def _opened(file: str) -> Iterator[Any]:
    with needing("pypdfium2", f"{file}, a PDF,", "pdf"):
        import pypdfium2
    try:
        document = pypdfium2.PdfDocument(file)
        try:
            yield document
        finally:
            document.close()
    except FileNotFoundError as error:
        raise ImageError(f"{file} cannot be read (no such file); expected a PDF: check the path") from error
    except (OSError, IndexError, pypdfium2.PdfiumError) as error:
        raise ImageError(
            f"{file} cannot be read as PDF ({error}); expected a whole one without a password"
        ) from error
