"""How well data's kind is decided by look: the share of images that look like writing, set by set.

    python benchmarks/kind.py

MNIST, Fashion-MNIST, CIFAR-10, two sets of handwriting, photos and printed digits are read from INKLENS_DATA,
the others are drawn here. The thresholds were chosen on the sets above the line; those below it were made
afterwards.
"""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import record
from inklens.datasets.formats.idx import read_idx_folder
from inklens.datasets.kind import kind_by_look, looked_at
from inklens.datasets.places import data_dir
from inklens.pixels import decode, shows_writing

COUNT = 100
LETTERS = "ABCDEFGHJKMNPRTUVWXYadefhkmnprtuvwxy0123456789"
FONTS = sorted(
    path
    for path in (Path(matplotlib.get_data_path()) / "fonts/ttf").glob("*.ttf")
    if path.stem.startswith(("DejaVu", "STIXGeneral", "cmr", "cmss", "cmtt")) and "Display" not in path.stem
)
BOLD = [path for path in FONTS if "Bold" in path.stem]

Pixels = NDArray[np.uint8]
Images = list[Pixels]


class Sets(NamedTuple):
    """Sets by name: (kind, function that gives the images)."""

    chosen_on: dict[str, tuple[str, Callable[[], Images]]]
    made_afterwards: dict[str, tuple[str, Callable[[], Images]]]


def letters(side: int, fonts: list[Path] = FONTS, size: float = 0.75, seed: int = 0) -> Images:
    """Printed letters and digits, light on dark: uint8 (side, side)."""
    random = np.random.default_rng(seed)

    def drawn(number: int) -> Pixels:
        image = Image.new("L", (side, side))
        font = ImageFont.truetype(str(fonts[random.integers(len(fonts))]), int(side * size))
        letter = LETTERS[number % len(LETTERS)]
        ImageDraw.Draw(image).text((side / 2, side / 2), letter, 255, font, anchor="mm")
        return np.asarray(image)

    return [drawn(number) for number in range(COUNT)]


def on_paper(masks: Images, noise: float, pen: tuple[int, int, int] = (50, 50, 50)) -> Images:
    """Ink on rough paper in light that falls to one side: uint8 (H, W, 3)."""
    random = np.random.default_rng(1)

    def photo(mask: Pixels) -> Pixels:
        ink = mask.reshape(*mask.shape[:2], 1) / 255.0
        light = np.linspace(1, 1 + random.uniform(-0.3, 0.3), mask.shape[1])[None, :, None]
        paper = random.uniform(190, 235) * light * (1 - ink) + np.array(pen) * ink
        return np.clip(paper + random.normal(0, noise, ink.shape), 0, 255).astype(np.uint8)

    return [photo(mask) for mask in masks]


def tight(masks: Images) -> Images:
    """Each cropped to its ink and brought to 28x28."""
    boxes = [cv2.boundingRect((mask > 60).astype(np.uint8)) for mask in masks]
    cropped = (mask[y : y + h, x : x + w] for mask, (x, y, w, h) in zip(masks, boxes, strict=True))
    return [cv2.resize(mask, (28, 28), interpolation=cv2.INTER_AREA) for mask in cropped]


def icons(*, coloured: bool) -> Images:
    """Filled shapes on white: uint8 (64, 64, 3)."""
    random = np.random.default_rng(2)

    def icon() -> Pixels:
        image = Image.new("RGB", (64, 64), "white")
        draw = ImageDraw.Draw(image)
        for _ in range(random.integers(1, 4) if coloured else 1):
            fill = tuple(random.integers(0, 200, 3).tolist()) if coloured else (20, 20, 20)
            box = (*random.integers(4, 28, 2).tolist(), *random.integers(36, 60, 2).tolist())
            shape = random.integers(4)
            if shape == 0:
                draw.ellipse(box, fill=fill)
            elif shape == 1:
                draw.rectangle(box, fill=fill)
            elif shape == 2:
                draw.polygon([tuple(point) for point in random.integers(4, 60, (4, 2)).tolist()], fill=fill)
            else:
                draw.pieslice(box, 20, 300, fill=fill)
        return np.asarray(image)

    return [icon() for _ in range(COUNT)]


def textures() -> Images:
    """Noise, clouds, waves and chequers: uint8 (64, 64)."""
    random = np.random.default_rng(3)
    y, x = np.mgrid[:64, :64]

    def texture(number: int) -> Pixels:
        noise = random.normal(0, 1, (64, 64))
        tones = (
            noise,
            cv2.GaussianBlur(noise, (0, 0), random.uniform(1, 6)),
            np.sin((x * np.cos(number) + y * np.sin(number)) * random.uniform(0.2, 1.5)),
            np.kron(random.normal(0, 1, (8, 8)), np.ones((8, 8))),
        )[number % 4]
        return (255 * (tones - tones.min()) / np.ptp(tones)).astype(np.uint8)

    return [texture(number) for number in range(COUNT)]


def doodles() -> Images:
    """Scribbled lines of a pen, dark on white: uint8 (96, 96)."""
    random = np.random.default_rng(4)

    def doodle() -> Pixels:
        steps = random.normal(0, 9, (random.integers(6, 14), 2)).cumsum(axis=0)
        points = (48 + steps - steps.mean(axis=0)).clip(8, 88).astype(np.int32)
        page = np.full((96, 96), 255, np.uint8)
        return cv2.polylines(page, [points], False, 30, 3, cv2.LINE_AA)  # type: ignore[call-overload]

    return [doodle() for _ in range(COUNT)]


def hershey() -> Images:
    """Letters of a plotter on dark green: uint8 (48, 40, 3)."""
    board = [np.full((48, 40, 3), (20, 70, 40), np.uint8) for _ in range(COUNT)]
    for number, page in enumerate(board):
        font, letter = number % 8, LETTERS[number % len(LETTERS)]
        cv2.putText(page, letter, (6, 38), font, 1.3, (235, 235, 215), 2, cv2.LINE_AA)
    return board


def chosen(images: Pixels) -> Images:
    return list(images[looked_at(len(images))])


def cifar(data: Path, part: str, classes: str = "") -> Images:
    with zipfile.ZipFile(data / "cifar10.zip") as archive:
        names = [n for n in archive.namelist() if n.endswith(".jpg") and f"/{part}/{classes}" in n]
        return [decode(archive.read(names[number])) for number in looked_at(len(names))]


def files(folder: Path) -> Images:
    paths = sorted(path for path in folder.rglob("*.*") if path.suffix in (".png", ".jpg"))
    return [decode(paths[number]) for number in looked_at(len(paths))]


def drawn_sets() -> Sets:
    """Those that need no data."""
    chosen_on = {
        "letters of 28 pixels": ("writing", lambda: letters(28)),
        "letters of 128 pixels, dark": ("writing", lambda: [255 - image for image in letters(128)]),
        "bold letters": ("writing", lambda: letters(64, BOLD)),
        "bold letters, tight": ("writing", lambda: tight(letters(96, BOLD))),
        "letters on rough paper": ("writing", lambda: on_paper(letters(64), 15)),
        "icons in colour": ("things", lambda: icons(coloured=True)),
        "icons in black": ("things", lambda: icons(coloured=False)),
        "textures": ("things", textures),
    }
    made_afterwards = {
        "doodles": ("writing", doodles),
        "letters of a plotter": ("writing", hershey),
    }
    return Sets(chosen_on, made_afterwards)


def read_sets(data: Path) -> Sets:
    """Those out of the data of development."""

    def idx(name: str) -> Images:
        return chosen(read_idx_folder(data / name, name=name, seed=0, kind="things").train.images)

    def npz(name: str) -> Images:
        with np.load(data / "handwriting" / name) as file:
            return chosen(file["images"])

    def enlarged(images: Images, side: int) -> Images:
        return [cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC) for image in images]

    chosen_on = {
        "MNIST": ("writing", lambda: idx("mnist")),
        "MNIST, inverted": ("writing", lambda: [255 - image for image in idx("mnist")]),
        "MNIST, enlarged to 128 pixels": ("writing", lambda: enlarged(idx("mnist"), 128)),
        "MNIST, each pixel nine": (
            "writing",
            lambda: [image.repeat(3, axis=0).repeat(3, axis=1) for image in idx("mnist")],
        ),
        "MNIST in blue on paper": (
            "writing",
            lambda: on_paper(enlarged(idx("mnist"), 200), 6, (40, 50, 130)),
        ),
        "bhmsds": ("writing", lambda: npz("bhmsds.npz")),
        "hwd1000": ("writing", lambda: npz("hwd1000.npz")),
        "photos of digits": ("writing", lambda: files(data / "photos/digits")),
        "printed digits": ("writing", lambda: files(data / "folders/printed-digits")),
        "Fashion-MNIST": ("things", lambda: idx("fashion-mnist-idx")),
        "Fashion-MNIST, inverted": ("things", lambda: [255 - image for image in idx("fashion-mnist-idx")]),
        "CIFAR-10": ("things", lambda: cifar(data, "test")),
        "CIFAR-10, enlarged to 200 pixels": ("things", lambda: enlarged(cifar(data, "test"), 200)),
    }
    made_afterwards: dict[str, tuple[str, Callable[[], Images]]] = {
        "CIFAR-10, frogs": ("things", lambda: cifar(data, "train", "frog")),
        "CIFAR-10, aeroplanes": ("things", lambda: cifar(data, "train", "airplane")),
        "Fashion-MNIST, silhouettes": (
            "things",
            lambda: [((image > 0) * 255).astype(np.uint8) for image in idx("fashion-mnist-idx")],
        ),
    }
    return Sets(chosen_on, made_afterwards)


def measured(sets: dict[str, tuple[str, Callable[[], Images]]]) -> Iterator[dict[str, object]]:
    for name, (kind, images) in sets.items():
        given = images()
        looks = [look for image in given if (look := shows_writing(image)) is not None]
        decided, _ = kind_by_look(given)
        share = sum(looks) / len(looks)
        print(f"{name:<34} {kind:<8} {share:>5.0%} of {len(looks):>3}  {'' if decided == kind else 'WRONG'}")
        yield {
            "set": name,
            "kind": kind,
            "decided": decided,
            "look_like_writing": share,
            "images": len(looks),
        }


def main() -> None:
    given = record.parser(__doc__).parse_args()
    data = data_dir()
    if data is None:
        raise SystemExit("INKLENS_DATA is not set; expected the folder of the development data")
    drawn, read = drawn_sets(), read_sets(data)
    chosen_on = list(measured({**read.chosen_on, **drawn.chosen_on}))
    print("-" * 60)
    afterwards = list(measured({**read.made_afterwards, **drawn.made_afterwards}))
    record.write("kind", {"chosen_on": chosen_on, "made_afterwards": afterwards}, dry=given.dry)


if __name__ == "__main__":
    main()
