"""Draws docs/images/own-handwriting.png: digits from photographed sheets, and what two networks say to them.

    python benchmarks/handwriting_picture.py runs/mnist-tutorial-c-1 runs/mnist-fast-1

The first run's images are prepared as the tutorials do it, the second one's are framed by their ink. The
picture has the first image of each digit in the set; the accuracies are of all 15,000. Nothing is trained
here, and nobody may train on these images (bhmsds, copyright 2019 wblachowski, MIT).
"""

import os
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

import inklens
import record
from handwriting import accuracy, foreign_sets, prepared_as_tutorials_do
from inklens.pixels import PixelSpec, frame

mpl.use("Agg")
import matplotlib.pyplot as plt

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "own-handwriting.png"
RIGHT, WRONG, TEXT = "#0072b2", "#d55e00", "#1f2430"  # blue and vermilion (Okabe and Ito 2008)


Row = tuple[str, np.ndarray, np.ndarray]  # its name, what the network gets, the classes that it says


def answers(path: Path, images: list[np.ndarray], way: str) -> tuple[np.ndarray, np.ndarray]:
    """(what the network gets, the most probable class) of each image."""
    classifier = inklens.Classifier.open(path)
    spec = classifier.spec
    if way == "tutorial":
        pixels = np.stack([prepared_as_tutorials_do(image, spec) for image in images])
    else:
        ink = PixelSpec(spec.height, spec.width, spec.channels, "ink")
        pixels = np.stack([frame(image, ink) for image in images])
    return pixels, classifier.predict_framed(pixels).indices


def draw(images: list[np.ndarray], labels: np.ndarray, rows: list[Row]) -> None:
    shown = [int(np.flatnonzero(labels == digit)[0]) for digit in range(10)]
    figure, axes = plt.subplots(1 + len(rows), 10, figsize=(12.4, 4.9), dpi=110)
    figure.subplots_adjust(left=0.2, right=0.985, top=0.97, bottom=0.02, wspace=0.12, hspace=0.42)
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    for column, index in enumerate(shown):
        axes[0, column].imshow(images[index], cmap="gray", vmin=0, vmax=255)
        for row, (_, pixels, said) in enumerate(rows, 1):
            axis = axes[row, column]
            axis.imshow(pixels[index, :, :, 0], cmap="gray", vmin=0, vmax=255)
            right = said[index] == labels[index]
            mark = "" if right else " \N{MULTIPLICATION SIGN}"
            colour = RIGHT if right else WRONG
            axis.set_title(f"{said[index]}{mark}", fontsize=17, fontweight="bold", color=colour, pad=5)
    names = ["as written\n(photographed sheets)", *(name for name, _, _ in rows)]
    for row, name in enumerate(names):
        box = axes[row, 0].get_position()
        middle = (box.y0 + box.y1) / 2
        figure.text(0.012, middle, name, fontsize=11.5, color=TEXT, va="center", linespacing=1.5)
    figure.savefig(PICTURE, pil_kwargs={"optimize": True}, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("tutorial", type=Path)
    parser.add_argument("ours", type=Path)
    given = parser.parse_args()
    images, labels = foreign_sets(Path(os.environ.get("INKLENS_DATA", "data")))["bhmsds"]
    rows, figures = [], dict[str, Any]()
    for path, way, name in (
        (given.tutorial, "tutorial", "tutorial network,\npicture resized:"),
        (given.ours, "ink", "Inklens, picture\nframed by its ink:"),
    ):
        pixels, said = answers(path, images, way)
        found = accuracy(said == labels)
        figures[way] = {"preset": inklens.Run.open(path).recipe.preset, **found}
        rows.append((f"{name}\n{found['accuracy']:.1%} of {len(labels):,} right", pixels, said))
    print(figures)
    if not given.dry:
        draw(images, labels, rows)
    record.write("handwriting_picture", figures, dry=given.dry)


if __name__ == "__main__":
    main()
