"""Image files with a class each, in folders or elsewhere, as a data set."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.dataset import FRAMING_OF, Dataset
from inklens.datasets.formats.array_values import dark_note
from inklens.datasets.image_cache import DecodedTree, decoded_tree, read_images, remembered
from inklens.datasets.kind import kind_by_look, looked_at
from inklens.datasets.options import LoadOptions
from inklens.datasets.splits import Split, hold_out_test, no_images
from inklens.datasets.trees import Tree, scan_tree
from inklens.errors import DataError, ImageError
from inklens.pixels import PixelSpec, decode, decode_enough
from inklens.printable import printable

SKIPPED = "images skipped"  # in the note that names files which cannot be decoded
_SEEN_PIXELS = 256 * 256  # of a large JPEG file, whose kind is looked at
_PROBED = 200  # images that size and colour are measured on
_KEPT_SIDE, _LARGEST_SIDE, _SMALLEST_SIDE = 128, 64, 8


def load_folder(root: Path, options: LoadOptions) -> Dataset:
    """A class-per-folder tree; without a test part, a stratified fifth is held out.

    Raises:
        DataError: no such folder, no images, one class, or too many of the images cannot be used.
        ImageError: `options.strict`, and an image cannot be used.
    """
    tree = scan_tree(root, least_classes=2 if options.hold_out else 1)
    return load_tree(tree, root.resolve().name, options)


def load_tree(tree: Tree, name: str, options: LoadOptions, *, path: Path | None = None) -> Dataset:
    """Image files with a class each as a data set; without a test part, a stratified fifth is held out.

    Without `size`, images that share one of at most 128 pixels a side keep it, others get the median size,
    scaled down to at most 64. Without `channels`, they are RGB if more than half have colour, and always grey
    with framing "ink". Both are measured on 200 images, spread evenly.

    Args:
        name: what the data set is called.
        path: where it is loaded from again; None for the tree's root.

    Raises:
        DataError: too many of the images cannot be used, or all of a class.
        ImageError: `options.strict`, and an image cannot be used.
    """
    root = tree.root
    kind, looked = options.kind, list[str]()
    if kind is None:
        kind, *looked = remembered(tree, "kind", lambda: kind_by_look(_as_they_are(tree)))
    size, channels, framing = options.size, options.channels, options.framing or FRAMING_OF[kind]

    def choose_spec() -> PixelSpec:
        if size and channels:
            return PixelSpec(*size, channels, framing)
        return _probed_spec(tree, size, channels, framing)

    decoded = decoded_tree(
        tree,
        (size, channels, framing),
        choose_spec,
        strict=options.strict,
        unusable_share=options.unusable_share,
    )
    parts = _with_files(decoded, tree)
    train, test = parts["train"], parts.get("test")
    lost = np.flatnonzero(np.bincount(train.labels, minlength=len(tree.class_names)) == 0)
    if len(lost) and options.unusable_share < 1:
        raise DataError(f"{root} has no usable training image of {tree.class_names[lost[0]]}; add some")
    notes = [*_notes(decoded, tree), *dark_note(train.batch(looked_at(len(train))))]
    if test is None and options.hold_out:
        try:
            train, test, note = hold_out_test(train, options.seed)
            notes.append(note)
        except DataError:
            if options.unusable_share < 1:
                raise
    test = no_images(train) if test is None else test
    validation = parts.get("validation")
    return Dataset(
        name,
        kind,
        tree.class_names,
        decoded.spec,
        train,
        test,
        validation,
        str(path or root),
        (*notes, *looked),
        str((path or root).resolve()),
        unusable=tuple(decoded.skipped),
    )


def _with_files(decoded: DecodedTree, tree: Tree) -> dict[str, Split]:
    """The parts, each image with the name of its file."""
    unusable = {path for path, _ in decoded.skipped}
    return {
        part: replace(split, files=tuple(path for path, _ in tree.parts[part] if path not in unusable))
        for part, split in decoded.parts.items()
    }


def _notes(decoded: DecodedTree, tree: Tree) -> list[str]:
    """What was left out of the tree."""
    notes = []
    if skipped := decoded.skipped:
        names = ", ".join([path for path, _ in skipped[:5]] + ["and others"] * (len(skipped) > 5))
        what = f"{len(skipped)} of {tree.images:,} {SKIPPED}: {names}; the first: {skipped[0][1]}"
        notes.append(printable(what))
    return [*notes, *tree.notes]


def _as_they_are(tree: Tree) -> Iterator[NDArray[np.uint8]]:
    """The training images that are looked at; those that cannot be decoded are left out."""
    paths = [path for path, _ in tree.parts["train"]]
    for image in read_images(tree, [paths[position] for position in looked_at(len(paths))], _seen):
        if not isinstance(image, ImageError):
            yield image


def _seen(source: Path | bytes, name: str) -> NDArray[np.uint8]:
    return decode_enough(source, _SEEN_PIXELS, name=name)[0]


def _probed_spec(tree: Tree, size: tuple[int, int] | None, channels: int | None, framing: str) -> PixelSpec:
    paths = [path for path, _ in tree.parts["train"]]
    chosen = np.unique(np.linspace(0, len(paths) - 1, _PROBED).round().astype(int))
    probes = list(read_images(tree, [paths[position] for position in chosen], _probe))
    good = [probe for probe in probes if not isinstance(probe, ImageError)]
    if not good:  # one of the others may be
        every = [path for rows in tree.parts.values() for path, _ in rows]
        readable = (probe for probe in read_images(tree, every, _probe) if not isinstance(probe, ImageError))
        good = list(islice(readable, 1))
    if not good:
        raise DataError(f"{tree.root} has no image that can be used; the first: {probes[0]}")
    height, width = size or _common_size([(height, width) for height, width, _ in good])
    coloured = sum(colour for _, _, colour in good)
    colour = framing != "ink" and 2 * coloured > len(good)
    return PixelSpec(height, width, channels or (3 if colour else 1), framing)


def _probe(source: Path | bytes, name: str) -> tuple[int, int, bool]:
    """(height, width, whether it has colour)."""
    image = decode(source, name=name)
    # JPEG's rounding makes grey differ between channels by one or two.
    colour = bool((image.max(axis=2) - image.min(axis=2)).max() > 2)
    return image.shape[0], image.shape[1], colour


def _common_size(sizes: list[tuple[int, int]]) -> tuple[int, int]:
    if len(set(sizes)) == 1 and max(sizes[0]) <= _KEPT_SIDE:
        return sizes[0]
    median = np.median(sizes, axis=0)
    scale = min(1.0, _LARGEST_SIDE / median.max())
    height, width = (max(_SMALLEST_SIDE, round(float(side * scale))) for side in median)
    return height, width
