"""Paper, its ruling, the light on it, and the camera that takes it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]  # (H, W)
Picture = NDArray[np.float32]  # (H, W, 3), RGB, 0-255
Points = NDArray[np.float64]  # (N, 2), x and y

_PAPERS = (
    (250, 249, 245), (246, 238, 220), (226, 223, 216), (247, 241, 200), (231, 237, 246), (201, 180, 146),
)  # fmt: skip
_BOARDS = ((38, 62, 48), (34, 36, 40), (28, 40, 66))
_DESKS = ((92, 66, 44), (58, 60, 66), (150, 118, 84))


@dataclass(frozen=True)
class Camera:
    """How a flat page becomes a photo: a homography, then blur, noise and JPEG compression."""

    homography: NDArray[np.float64]
    blur: float
    noise: float
    quality: int

    def place(self, points: Points) -> Points:
        """Points on the page to points in the photo."""
        return cv2.perspectiveTransform(np.asarray(points, np.float64)[None], self.homography)[0]


def make_paper(rng: np.random.Generator, size: tuple[int, int], *, board: bool = False) -> Picture:
    """Blank paper (or a blackboard) with its tone, its fibres and some specks."""
    tones = _BOARDS if board else _PAPERS
    tone = np.array(tones[rng.integers(len(tones))], np.float32) + rng.uniform(-6, 5)
    texture = sum(
        strength * _cloud(rng, size, grain)
        for grain, strength in ((1, 1.2), (3, 1.2), (40, rng.uniform(1, 3)))
    )
    picture = tone + texture[..., None] * (2.5 if board else 1.0)
    for _ in range(rng.integers(0, 6)):
        centre = (int(rng.integers(size[1])), int(rng.integers(size[0])))
        cv2.circle(picture, centre, int(rng.integers(1, 3)), (tone * 0.75).tolist(), -1, cv2.LINE_AA)
    return picture.astype(np.float32)


def _cloud(rng: np.random.Generator, size: tuple[int, int], grain: int) -> Field:
    """Smooth noise with standard deviation 1 whose features are about `grain` pixels."""
    small = rng.standard_normal((size[0] // grain + 2, size[1] // grain + 2)).astype(np.float32)
    return cv2.resize(small, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)


def rule(rng: np.random.Generator, picture: Picture, step: tuple[float, float], *, dark: bool) -> None:
    """Prints level lines `step[1]` apart and upright ones `step[0]` apart (0 for none) onto the paper."""
    height, width = picture.shape[:2]
    strength = rng.uniform(0.55, 0.8) if dark else rng.uniform(0.15, 0.4)
    colour = np.array([(110, 140, 190), (120, 120, 125), (150, 110, 110)][rng.integers(3)], np.float32)
    thickness = 2 if min(value for value in step if value) > 60 and rng.random() < 0.5 else 1
    lines = np.zeros((height, width), np.float32)
    for axis, distance in enumerate(step):
        if not distance:
            continue
        extent = (width, height)[axis]
        for at in np.arange(rng.uniform(0, distance), extent, distance):
            ends = ((at, 0), (at, height)) if axis == 0 else ((0, at), (width, at))
            _line(lines, ends, thickness)
    _print(picture, lines * strength, colour)


def print_boxes(rng: np.random.Generator, picture: Picture, boxes: list[Points]) -> None:
    """Prints quadrilaterals, as a form has them, as dark as ink now and then."""
    lines = np.zeros(picture.shape[:2], np.float32)
    thickness = int(rng.integers(1, 4))
    for box in boxes:
        for start, end in zip(box, np.roll(box, -1, 0), strict=True):
            _line(lines, (start, end), thickness)
    shade = float(rng.uniform(20, 130))
    _print(picture, lines * rng.uniform(0.7, 1), np.array([shade, shade, shade + 10], np.float32))


def _line(lines: Field, ends: tuple, thickness: int) -> None:
    start, end = (tuple(round(float(value) * 16) for value in point) for point in ends)
    cv2.line(lines, start, end, 1.0, thickness, cv2.LINE_AA, 4)


def _print(picture: Picture, lines: Field, colour: NDArray[np.float32]) -> None:
    share = np.clip(lines, 0, 1)[..., None]
    picture *= 1 - share
    picture += share * colour


def lay_ink(
    rng: np.random.Generator,
    picture: Picture,
    ink: Field,
    colour: tuple[int, int, int],
    *,
    strength: float,
    grain: float,
) -> None:
    """Writes `ink` (0 to 1) onto the picture.

    Args:
        strength: of the ink where it covers best, 0 to 1.
        grain: how much the paper's grain shows through, 0 for a marker to 0.4 for a pencil.
    """
    size = ink.shape
    pressure = 1 - 0.08 * np.abs(_cloud(rng, size, 30)) - grain * np.abs(_cloud(rng, size, 2))
    _print(picture, ink * strength * np.clip(pressure, 0.25, 1), np.array(colour, np.float32))


def choose_camera(
    rng: np.random.Generator, size: tuple[int, int], *, tilt: float, perspective: float, desk: bool
) -> Camera:
    """A camera that sees all of the page's middle.

    Args:
        tilt: degrees that the page is turned at most.
        perspective: how far corners move at most, as a share of the size.
        desk: the page's edges are in view, with a desk around them.
    """
    height, width = size
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    angle = np.deg2rad(rng.uniform(-tilt, tilt))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array([width, height]) / 2
    zoom = 0.88 if desk else 1.0
    moved = (corners - centre) @ turn.T * zoom + centre
    moved += rng.uniform(-perspective, perspective, (4, 2)) * (width, height)
    homography = cv2.getPerspectiveTransform(corners.astype(np.float32), moved.astype(np.float32))
    return Camera(homography, rng.uniform(0.3, 0.9), rng.uniform(1.0, 5.0), int(rng.integers(60, 96)))


def light(rng: np.random.Generator, size: tuple[int, int], *, shadow: bool) -> Field:
    """How bright each spot of the photo is, 0 to 1: uneven, and with a shadow's edge if asked for."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width - 0.5, y / height - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    field = 1 - rng.uniform(0.02, 0.2) * (0.5 + x * np.cos(angle) + y * np.sin(angle))
    if shadow:
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.2, 0.2)
        wave = 0.06 * np.sin(rng.uniform(2, 9) * (x * np.sin(angle) - y * np.cos(angle)) + rng.uniform(0, 6))
        distance = x * np.cos(angle) + y * np.sin(angle) - offset + wave
        softness = rng.uniform(0.01, 0.12)
        depth = rng.uniform(0.3, 0.6)
        field = field * (1 - depth / (1 + np.exp(-np.clip(distance / softness, -30, 30))))
    return field.astype(np.float32)


def photograph(
    rng: np.random.Generator, page: Picture, camera: Camera, *, shadow: bool, desk: bool
) -> NDArray[np.uint8]:
    """The photo, uint8 RGB of the page's size."""
    height, width = page.shape[:2]
    photo = cv2.warpPerspective(
        page, camera.homography, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if desk:
        inside = cv2.warpPerspective(np.ones((height, width), np.float32), camera.homography, (width, height))
        surface = np.array(_DESKS[rng.integers(len(_DESKS))], np.float32)
        surface = surface + 5 * _cloud(rng, (height, width), 12)[..., None]
        photo = photo * inside[..., None] + surface * (1 - inside[..., None])
    photo = photo * light(rng, (height, width), shadow=shadow)[..., None]
    photo = cv2.GaussianBlur(photo, (0, 0), camera.blur)
    photo += rng.standard_normal((height, width, 3), np.float32) * camera.noise
    whole = np.clip(photo, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", whole[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, camera.quality])
    return np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1])
