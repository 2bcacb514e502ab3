"""Finds a form on a photo or scan by the print that both show: SIFT features (Lowe 2004) and a homography."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Lattice = NDArray[np.float64]

_SIDE = 1200  # pixels along the longer side, in which features are looked for
_FEATURES = 2000
_RATIO = 0.78  # of the distance to the second-best match: ambiguous ones are left out
_AWAY = 4.0  # pixels by which a match may miss the homography
_LEAST = 25  # matches that agree, at least
_SHIFT = 1.2  # cells by which a field may lie beside its place, where the paper folds
_AROUND = 0.5  # cells of print around a field that show where it is
_CELL = 40  # pixels of a cell in that comparison
_ALIKE = 0.35  # least correlation of a field with the reference
_DRAWN = 0.4  # of the usual print of a field's lines: so much is on each of them
_BESIDE = 6  # pixels of that comparison by which a line may lie beside its place, as at a fold


class PageFeatures:
    """What the print of a page looks like at points that are easy to find again.

    Args:
        grey: uint8 (H, W).
    """

    def __init__(self, grey: Grey) -> None:
        scale = min(1.0, _SIDE / max(grey.shape))
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        keys, described = cv2.SIFT.create(_FEATURES).detectAndCompute(small, None)
        self.scale = scale
        self.points = np.array([key.pt for key in keys], np.float64).reshape(-1, 2) / scale
        self.described = described if described is not None else np.empty((0, 128), np.float32)


def find_form(reference: PageFeatures, photo: PageFeatures) -> NDArray[np.float64] | None:
    """The homography from a reference page to a photo, (3, 3); None if the photo does not show it."""
    if min(len(reference.points), len(photo.points)) < _LEAST:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(reference.described, photo.described, k=2)
    sure = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]
    if len(sure) < _LEAST:
        return None
    ours = reference.points[[match.queryIdx for match in sure]]
    theirs = photo.points[[match.trainIdx for match in sure]]
    found, agree = cv2.findHomography(ours, theirs, cv2.USAC_MAGSAC, _AWAY / photo.scale, maxIters=5000)
    if found is None or int(np.count_nonzero(agree)) < _LEAST:
        return None
    return np.asarray(found, np.float64)


def place_field(
    reference: Grey, photo: Grey, lattice: Lattice, to_photo: NDArray[np.float64]
) -> tuple[Lattice, bool]:
    """A field's lattice on the photo: by the homography, then moved to where its own print is.

    Args:
        lattice: (rows + 1, columns + 1, 2), in pixels of the reference page.
        to_photo: the homography of the page.

    Returns:
        the lattice, and whether the print there is the field's.
    """
    (left, top), (right, bottom) = lattice[0, 0], lattice[-1, -1]
    cell = min((right - left) / (lattice.shape[1] - 1), (bottom - top) / (len(lattice) - 1))
    scale, around, shift = _CELL / cell, _AROUND * cell, _SHIFT * cell
    moved = np.zeros(2)
    ours = _cut(reference, np.eye(3), (left, top, right, bottom), around, scale)
    theirs = _cut(photo, to_photo, (left, top, right, bottom), around + shift, scale)
    printed, wanted = _print_of(theirs), _print_of(ours)
    match = cv2.matchTemplate(printed, wanted, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(match)
    if best >= _ALIKE:
        moved = np.array([x, y]) / scale - shift
    there = printed[y : y + wanted.shape[0], x : x + wanted.shape[1]]
    found = best >= _ALIKE and _has_lines(there, (lattice - (left - around, top - around)) * scale)
    placed = cv2.perspectiveTransform((lattice + moved).reshape(-1, 1, 2), to_photo)
    return np.asarray(placed.reshape(lattice.shape), np.float64), found


def _has_lines(printed: NDArray[np.float32], lattice: Lattice) -> bool:
    """Whether each line of a field is drawn: beside its place, one line of a box may lie on another."""
    near = np.ones((2 * _BESIDE + 1,) * 2, np.uint8)
    wide = cv2.dilate(printed, near)
    places = np.clip(np.rint(lattice).astype(int), 0, np.array(printed.shape[::-1]) - 1)
    (left, top), (right, bottom) = places[0, 0], places[-1, -1]
    level = wide[places[:, 0, 1], left:right].mean(axis=1)
    upright = wide[top:bottom, places[0, :, 0]].mean(axis=0)
    drawn = np.concatenate([level, upright])
    return bool(drawn.min() >= _DRAWN * np.median(drawn))


def _cut(
    picture: Grey, to_picture: NDArray[np.float64], box: tuple[float, ...], around: float, scale: float
) -> Grey:
    """A box of the reference page with what is around it, as a picture shows it."""
    left, top, right, bottom = box
    from_cut = np.array([(1 / scale, 0, left - around), (0, 1 / scale, top - around), (0, 0, 1)])
    size = tuple(
        max(1, round(side * scale)) for side in (right - left + 2 * around, bottom - top + 2 * around)
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut = cv2.warpPerspective(
        picture, to_picture @ from_cut, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cut, np.uint8)


def _print_of(grey: Grey) -> NDArray[np.float32]:
    """What is darker than the paper around it, whatever the light."""
    ground = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(1 - grey / np.maximum(ground, 16), (0, 0), 1.5), np.float32)
