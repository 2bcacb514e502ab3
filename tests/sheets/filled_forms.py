"""Forms: the empty page with its fields, and photographs of filled ones, their truth known.

The simulated camera bends the page along a fold, and lays light, shadow and a textured desk around it. It
shares no code with what finds the form.
"""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.form.form_file import Field, Form
from sheets.glyphs import draw_digit

BOX = 44  # pixels of a box for a digit
_WORDS = [
    "date",
    "place",
    "number",
    "total",
    "street",
    "year",
    "member",
    "invoice",
    "parcel",
    "depot",
    "route",
    "meter",
    "series",
    "amount",
]


class FormField(NamedTuple):
    """Name, kind, left, top, rows and columns of a field; its boxes measure `side` pixels."""

    name: str
    kind: str
    left: int
    top: int
    rows: int
    columns: int
    side: int


def draw_empty_form(seed: int = 0, count: int = 20) -> tuple[NDArray[np.uint8], list[FormField]]:
    """A page, uint8 (1400, 1000) with `count` fields: numbers, two grids and check boxes."""
    rng = np.random.default_rng(seed)
    page = np.full((1400, 1000), 255, np.uint8)
    cv2.putText(page, "Return of goods", (60, 80), cv2.FONT_HERSHEY_DUPLEX, 1.6, 30, 3, cv2.LINE_AA)
    fields: list[FormField] = []
    for number in range(count):
        left, top = 60 + 480 * (number % 2), 150 + 120 * (number // 2)
        name = f"{_WORDS[number % len(_WORDS)]}{number}"
        if number in (8, 9):
            fields.append(FormField(name, "grid", left, top, 2, 4, 34))
        elif number % 7 == 3:
            fields.append(FormField(name, "check", left, top + 8, 1, 1, 30))
        else:
            fields.append(FormField(name, "number", left, top, 1, int(rng.integers(3, 9)), BOX))
        text = (
            f"{name}, {_WORDS[int(rng.integers(len(_WORDS)))]} and {_WORDS[int(rng.integers(len(_WORDS)))]}"
        )
        cv2.putText(page, text, (left, top - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 40, 1, cv2.LINE_AA)
    for field in fields:
        for row in range(field.rows):
            for column in range(field.columns):
                corner = (field.left + column * field.side, field.top + row * field.side)
                opposite = (corner[0] + field.side, corner[1] + field.side)
                cv2.rectangle(page, corner, opposite, 60, 2)
    return page, fields


def fill_form(
    empty: NDArray[np.uint8], fields: list[FormField], seed: int
) -> tuple[NDArray[np.uint8], dict[str, list[str]]]:
    """A filled copy, and for each field the text of its cells; "1" and "" for a check box."""
    rng = np.random.default_rng(seed)
    ink = np.zeros(empty.shape, np.float32)
    truth: dict[str, list[str]] = {}
    for field in fields:
        texts = []
        length = int(rng.integers(1, field.columns + 1)) if rng.random() < 0.85 else 0  # of a number
        for cell in range(field.rows * field.columns):
            left = field.left + cell % field.columns * field.side
            top = field.top + cell // field.columns * field.side
            share = {"check": 0.5, "grid": 0.15, "number": float(cell >= length)}[field.kind]
            if rng.random() < share:
                texts.append("")
            elif field.kind == "check":
                inner = field.side // 5
                right, bottom = left + field.side - inner, top + field.side - inner
                cv2.line(ink, (left + inner, top + inner), (right, bottom), 1.0, 3, cv2.LINE_AA)
                cv2.line(ink, (right, top + inner), (left + inner, bottom), 1.0, 3, cv2.LINE_AA)
                texts.append("1")
            else:
                texts.append(str(_write(rng, ink, left, top, field.side)))
        truth[field.name] = texts
    filled = empty * (1 - ink) + ink * 45
    return filled.astype(np.uint8), truth


def _write(rng: np.random.Generator, ink: NDArray[np.float32], left: int, top: int, side: int) -> int:
    """Write a digit somewhere inside a box, a twentieth of its side from the lines at least; its label."""
    glyph = draw_digit(rng, rng.uniform(0.55, 0.72) * side, 0.11, broken=False)
    room = int(0.9 * side) - 2
    fits = min(1.0, room / max(glyph.mask.shape))
    mask = cv2.resize(glyph.mask, None, fx=fits, fy=fits, interpolation=cv2.INTER_AREA)
    tall, wide = mask.shape
    edge = (side - room + 1) // 2
    y = top + edge + int(rng.integers(room - tall + 1))
    x = left + edge + int(rng.integers(room - wide + 1))
    part = ink[y : y + tall, x : x + wide]
    np.maximum(part, mask, out=part)
    return glyph.label


def photograph_form(
    page: NDArray[np.uint8], seed: int, desk: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """A photo of a page, uint8 (H, W, 3): perspective, a fold, light, a shadow, blur and noise.

    Args:
        desk: a picture to lay it on, uint8 (h, w, 3); None draws a table.
    """
    rng = np.random.default_rng(seed)
    height, width = page.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    fold = height * rng.uniform(0.35, 0.65)
    lift = rng.uniform(0, 0.018) * height  # the page bends towards the camera at its fold
    hump = np.exp(-(((y - fold) / (0.18 * height)) ** 2)).astype(np.float32)
    bent = cv2.remap(
        page, x + lift * hump * (x / width - 0.5), y - lift * hump, cv2.INTER_LINEAR, borderValue=255
    )
    shade = 1 - 0.12 * hump * np.sign(y - fold) * rng.uniform(0, 1)
    size = (int(1.25 * width), int(1.25 * height))
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    placed = corners + np.array([0.125 * width, 0.125 * height])
    placed = (placed + rng.uniform(-0.055, 0.055, (4, 2)) * (width, height)).astype(np.float32)
    to_photo = cv2.getPerspectiveTransform(corners, placed)
    paper = bent[..., None] * shade[..., None] * np.array(rng.uniform(0.85, 0.97, 3), np.float32)
    if desk is None:
        grain = cv2.resize(
            rng.standard_normal((90, 70)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC
        )
        ground = np.array(rng.uniform(40, 130, 3), np.float32) + 12 * grain[..., None]
    else:
        ground = cv2.resize(desk, size).astype(np.float32)
    photo = cv2.warpPerspective(paper.astype(np.float32), to_photo, size, flags=cv2.INTER_LINEAR)
    inside = cv2.warpPerspective(np.ones((height, width), np.float32), to_photo, size)[..., None]
    photo = photo * inside + ground * (1 - inside)
    wide = np.linspace(rng.uniform(0.6, 1), rng.uniform(0.6, 1), size[0], dtype=np.float32)
    dark = np.zeros((size[1], size[0]), np.float32)
    cv2.ellipse(
        dark, (int(rng.uniform(0, size[0])), size[1]), (size[0] // 3, size[1] // 2), 20.0, 0, 360, 1.0, -1
    )
    photo = photo * wide[None, :, None] * (1 - 0.35 * cv2.GaussianBlur(dark, (0, 0), 15)[..., None])
    photo = cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.5, 1.2))
    photo += rng.standard_normal(photo.shape, np.float32) * 3
    return np.clip(photo, 0, 255).astype(np.uint8)


def form_of(page: Path, fields: list[FormField]) -> Form:
    """The form whose empty page lies there, its fields where they were drawn."""
    return Form(
        page,
        tuple(
            Field(
                field.name, field.kind,
                (field.left, field.top, field.columns * field.side, field.rows * field.side),
                field.rows, field.columns,
            )
            for field in fields
        ),
    )  # fmt: skip
