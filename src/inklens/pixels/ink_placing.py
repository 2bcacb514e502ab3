"""From a picture of ink to the network's input, placed as the digits of MNIST are.

They were scaled into a box of 20x20 pixels, keeping their aspect ratio, and placed in 28x28 with their centre
of mass in the middle (LeCun, Bottou, Bengio and Haffner 1998).
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink
from inklens.pixels.spec import PixelSpec

INK = 0.2  # from here on a pixel counts as ink; at this level MNIST's boxes measure 20 pixels

_BOX = 20 / 28  # of the frame
# MNIST's strokes, in pixels of its 20x20 box: 2 of 100 training images are thinner, 2 thicker.
_THINNEST, _THICKEST = 2.1, 4.6
_COARSE = 1.25  # scale from which a digit has too few pixels to measure its strokes
_FULL = 250  # of 255: the ink of an image that needs no more contrast
_FINE = 4  # strokes are redrawn at this many times the size of the box


def is_placed(grey: NDArray[np.uint8], spec: PixelSpec) -> bool:
    """Whether a picture is placed already, beyond doubt, as MNIST's own images are: framing would keep it.

    Bright ink in one piece on a ground that is exactly 0, at its full strength, its strokes of MNIST's width,
    in a box of the right size, the centre of mass where `_centre` would leave it.

    Args:
        grey: uint8 (H, W), 0-255.
    """
    tall, wide = grey.shape
    if (tall, wide) != spec.shape[:2] or cv2.minMaxLoc(grey)[1] < _FULL:
        return False
    left, top, width, height = cv2.boundingRect(grey)
    if min(left, top, wide - left - width, tall - top - height) < 1:
        return False
    seen = cv2.threshold(grey, 255 * INK, 1, cv2.THRESH_BINARY)[1]
    width, height = cv2.boundingRect(seen)[2:]
    if max(width - round(wide * _BOX), height - round(tall * _BOX)) != 0:
        return False
    mass = cv2.moments(grey)
    off = max(abs(mass["m10"] / mass["m00"] - wide / 2), abs(mass["m01"] / mass["m00"] - tall / 2))
    if off > 0.5 or cv2.connectedComponents(seen)[0] != 2:
        return False
    unit = min(tall, wide) * _BOX / 20
    return _strokes_fit(grey, unit)


def _strokes_fit(grey: NDArray[np.uint8], unit: float) -> bool:
    """Whether the strokes are of MNIST's width, in pixels of its box of so many pixels of the frame each."""
    # The sum of the steps along rows and columns is 1 to 1.42 times the outline's length, and quickly found.
    steps = cv2.norm(grey[:, 1:], grey[:, :-1], cv2.NORM_L1) + cv2.norm(grey[1:], grey[:-1], cv2.NORM_L1)
    least = 2 * cv2.sumElems(grey)[0] / steps / unit
    if least >= _THINNEST and least * 2**0.5 <= _THICKEST:
        return True
    return _THINNEST <= stroke_width(np.divide(grey, 255, dtype=np.float32)) / unit <= _THICKEST


def place_ink(ink: Ink, spec: PixelSpec) -> NDArray[np.uint8]:
    """Ink as a network takes it: cropped, its strokes of MNIST's width, scaled to the box, centred by mass.

    Strokes within MNIST's range stay as they are; thinner ones are thickened, thicker ones thinned.

    Args:
        ink: float32 (H, W), 0 (paper) to 1 (ink).

    Returns:
        uint8 (spec.height, spec.width, spec.channels), ink bright on 0; all 0 without ink.
    """
    framed = np.zeros(spec.shape[:2], np.uint8)
    left, top, width, height = cv2.boundingRect((ink > INK).view(np.uint8))
    if width:
        # Paler ink around the box is kept, up to a pixel of the frame.
        more = int(max(width / spec.width, height / spec.height) / _BOX)
        rows = slice(max(0, top - more), top + height + more)
        columns = slice(max(0, left - more), left + width + more)
        digit = _scaled(ink[rows, columns], (height, width), spec)
        if digit.any():  # nothing is left of ink a thousand times longer than wide
            _centre(digit, framed)
    return framed[..., None] if spec.channels == 1 else np.repeat(framed[..., None], spec.channels, axis=2)


def _scaled(digit: Ink, size: tuple[int, int], spec: PixelSpec) -> NDArray[np.uint8]:
    """The digit, whose box has this size, fitted into the frame's box, its strokes in MNIST's range."""
    tall, wide = round(spec.height * _BOX), round(spec.width * _BOX)
    scale = min(tall / size[0], wide / size[1])
    unit = min(tall, wide) / 20  # a pixel of MNIST in pixels of the frame
    if scale > _COARSE:  # too few pixels to measure a stroke
        finer = math.ceil(scale)
        digit = cv2.resize(digit, None, fx=finer, fy=finer, interpolation=cv2.INTER_CUBIC)
        digit = cv2.min(cv2.max(digit, 0.0), 1.0)
        scale /= finer
    stroke = stroke_width(digit) * scale / unit
    wanted = min(max(stroke, _THINNEST), _THICKEST)
    if wanted != stroke:
        digit = _restroked(digit, (wanted - stroke) * unit, scale)
        scale = min(tall / digit.shape[0], wide / digit.shape[1])
    size = (max(1, round(digit.shape[1] * scale)), max(1, round(digit.shape[0] * scale)))
    if size != digit.shape[::-1]:
        digit = cv2.resize(digit, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(cv2.convertScaleAbs(digit, alpha=255), np.uint8)


def stroke_width(ink: Ink) -> float:
    """The mean width of the strokes in pixels: twice their area over the length of their outline.

    The area is the sum of the ink, the outline the sum of its gradient, so that anti-aliasing counts.

    Args:
        ink: float32 (H, W), 0-1.
    """
    padded = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    across = cv2.Sobel(padded, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(padded, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    # Not by cv2.magnitude: its last bits depend on where the arrays lie in memory.
    across *= across
    down *= down
    across += down
    outline = cv2.sumElems(np.sqrt(across, out=across))[0]
    return 2 * cv2.sumElems(ink)[0] / outline if outline else 0.0


def _restroked(digit: Ink, change: float, scale: float) -> Ink:
    """The digit redrawn with every stroke wider by `change` pixels of the box, cropped to its ink.

    The outline moves along its distance map, at a scale where a stroke has several pixels.
    """
    finer = max(1, math.ceil(_FINE * scale))
    reach = math.ceil(max(change, 0) / scale) + 2
    digit = cv2.copyMakeBorder(digit, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    if finer > 1:
        digit = cv2.resize(digit, None, fx=finer, fy=finer, interpolation=cv2.INTER_CUBIC)
    moved = np.float32(change / 2 * finer / scale + 0.5)
    # A stroke narrower than a pixel never covers one: thickening starts from paler ink.
    stroke = cv2.threshold(digit, 0.5 if change < 0 else 0.4, 1, cv2.THRESH_BINARY)[1]
    if change < 0:  # no ink where there was no stroke
        inside = cv2.distanceTransform(stroke.astype(np.uint8), cv2.DIST_L2, 3)
        drawn = np.maximum(np.minimum(inside + moved, stroke), 0)
    else:  # the whole stroke stays
        outside = cv2.distanceTransform((stroke == 0).view(np.uint8), cv2.DIST_L2, 3)
        drawn = np.minimum(np.maximum(moved - outside, stroke), 1)
    left, top, width, height = cv2.boundingRect((drawn > INK).view(np.uint8))
    return np.asarray(drawn[top : top + height, left : left + width] if width else drawn, np.float32)


def _centre(digit: NDArray[np.uint8], frame: NDArray[np.uint8]) -> None:
    """Put the digit into the frame, its centre of mass in the middle or as near as fits."""
    mass = cv2.moments(digit)
    top = math.floor(frame.shape[0] / 2 - mass["m01"] / mass["m00"] + 0.5)
    left = math.floor(frame.shape[1] / 2 - mass["m10"] / mass["m00"] + 0.5)
    top = min(max(top, 0), frame.shape[0] - digit.shape[0])
    left = min(max(left, 0), frame.shape[1] - digit.shape[1])
    frame[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
