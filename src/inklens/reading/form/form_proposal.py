"""Proposes the fields of an empty form from its printed boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.errors import ImageError
from inklens.reading.form.form_file import Field, Form
from inklens.reading.paper.photo import open_page
from inklens.reading.paper.ruling import find_ruling
from inklens.reading.pdf_pages import picture_of

_BESIDE = 0.3  # of a box's side: boxes with a smaller gap belong to one field
_ALIKE = 1.6  # largest ratio of the sides of boxes of one field
_SQUARE = 1.4  # longer to shorter side of a check box at most

Boxes = NDArray[np.float64]  # (N, 4): left, top, right, bottom


def propose_form(picture: Path) -> Form:
    """The fields of an empty form, in reading order.

    Boxes beside each other are a number, in several rows a grid. A square by itself is a check box, and a
    wider box a grid of one cell, which takes a number of any length.

    Raises:
        ImageError: the picture cannot be decoded, or has no printed boxes.
    """
    page = open_page(picture_of(str(picture)))
    cells = find_ruling(page.ink, page.region).cells
    if not len(cells):
        raise ImageError(f"{picture} has no printed boxes; expected a scan of the empty form")
    corners = page.in_picture(cells.reshape(-1, 2)).reshape(-1, 4, 2)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    groups = _groups(boxes)
    height = float(np.median(boxes[:, 3] - boxes[:, 1]))
    groups.sort(key=lambda own: (round(float(boxes[own, 1].min()) / height), float(boxes[own, 0].min())))
    fields = [_field(f"field{number}", boxes[own]) for number, own in enumerate(groups, 1)]
    return Form(picture, tuple(fields))


def _groups(boxes: Boxes) -> list[list[int]]:
    """Boxes that are one field: each has another beside it, above or below."""
    left, top, right, bottom = boxes.T
    wide, tall = right - left, bottom - top
    gap_x = np.maximum(np.maximum.outer(left, left) - np.minimum.outer(right, right), 0)
    gap_y = np.maximum(np.maximum.outer(top, top) - np.minimum.outer(bottom, bottom), 0)
    side = np.minimum.outer(np.minimum(wide, tall), np.minimum(wide, tall))
    level = np.abs(np.subtract.outer(top, top)) < _BESIDE * side
    upright = np.abs(np.subtract.outer(left, left)) < _BESIDE * side
    alike = (np.maximum.outer(wide, wide) <= _ALIKE * np.minimum.outer(wide, wide)) & (
        np.maximum.outer(tall, tall) <= _ALIKE * np.minimum.outer(tall, tall)
    )
    beside = alike & (level & (gap_x < _BESIDE * side) | upright & (gap_y < _BESIDE * side))
    group = np.arange(len(boxes))
    for one in range(len(boxes)):
        linked = np.isin(group, group[beside[one]])
        group[linked] = group[linked].min()
    return [np.flatnonzero(group == number).tolist() for number in np.unique(group)]


def _field(name: str, boxes: Boxes) -> Field:
    size = np.median(boxes[:, 2:] - boxes[:, :2], axis=0)
    columns, rows = (
        len(np.unique(np.rint((boxes[:, axis] - boxes[:, axis].min()) / size[axis]))) for axis in (0, 1)
    )
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    kind = "number" if rows == 1 else "grid"
    if rows == columns == 1:
        kind = "check" if max(size) <= _SQUARE * min(size) else "grid"
    box = tuple(round(float(side), 1) for side in (left, top, right - left, bottom - top))
    return Field(name, kind, (box[0], box[1], box[2], box[3]), rows, columns)
