"""Pictures of writing drawn here, with a known truth, for the tests of the ink."""

import cv2
import numpy as np

# The strokes of a 5 in a square of 100: the bar at the top stands apart, as in many a hurried 5.
BODY = [(38, 24), (34, 46), (50, 42), (66, 52), (68, 68), (56, 80), (40, 80), (30, 72)]
BAR = [(46, 22), (68, 20)]


def strokes(size=280, pen=0.06, offset=(0, 0), scale=1.0):
    """A 5 in two pieces: how much ink each pixel holds, float32 (size, size), 0-1."""
    finer = 4
    ink = np.zeros((size * finer, size * finer), np.uint8)
    for line in (BODY, BAR):
        points = np.array(line) * scale + np.array(offset)
        points = np.rint(points * size * finer / 100).astype(np.int32)
        cv2.polylines(ink, [points], False, 255, max(1, round(pen * size * finer)), cv2.LINE_8)
    return cv2.resize(ink, (size, size), interpolation=cv2.INTER_AREA) / np.float32(255)


def on_paper(ink, paper=225, pen=45, light=1.0, noise=0.0, seed=0):
    """The ink as a photograph: uint8 (H, W), dark on light."""
    reflected = (paper * (1 - ink) + pen * ink) * light
    grain = np.random.default_rng(seed).normal(0, noise, ink.shape) if noise else 0
    return np.clip(np.rint(reflected + grain), 0, 255).astype(np.uint8)


def ramp(size, darkest):
    """Light that falls from 1 at the left to `darkest` at the right."""
    return np.linspace(1, darkest, size, dtype=np.float32)[None]


def shadow(size, darkness):
    """The light of a page whose lower right half lies in a shadow with a soft edge."""
    y, x = np.mgrid[:size, :size] / size
    return 1 - darkness / (1 + np.exp(-(x + y - 1) * 40))
