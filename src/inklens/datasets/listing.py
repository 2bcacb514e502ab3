"""What `inklens datasets` shows: every set that has a name, with counts.

No image is opened and NumPy is not imported, so that the answer comes at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inklens.datasets.places import find_fashion, find_mnist, find_sample, own_trees
from inklens.datasets.trees import TEST_SHARE, scan_tree
from inklens.errors import DataError


@dataclass(frozen=True)
class CatalogueEntry:
    """One data set that can be loaded by its name.

    Args:
        kind: "writing" or "things".
        train_count: of a tree without a test part: what is left when a fifth has been held out.
        test_count: with that fifth; 0 where there are too few images for one.
        shape: (height, width, channels); None for a tree of image files, which are not opened for this.
        where: the place it lies, or how to get it.
        available: False where it would have to be fetched or installed first.
    """

    name: str
    kind: str
    classes: int
    train_count: int
    test_count: int
    shape: tuple[int, int, int] | None
    where: str
    available: bool


def catalogue() -> list[CatalogueEntry]:
    """The named sets first, then the class-per-folder trees in INKLENS_DATA/folders that can be read."""
    return [
        _named("mnist", "writing", 60_000, 10_000, find_mnist(), "is fetched when it is first used"),
        _named("sample", "writing", 4_000, 1_000, find_sample(), "pip install 'inklens[train]'"),
        _named(
            "fashion-mnist", "things", 60_000, 10_000, find_fashion(), "put its IDX files in INKLENS_DATA"
        ),
        *_trees(),
    ]


def _named(name: str, kind: str, train: int, test: int, found: Path | None, otherwise: str) -> CatalogueEntry:
    """A set of ten classes of grey images of 28x28, as all that have a name are."""
    where = str(found or otherwise)
    return CatalogueEntry(name, kind, 10, train, test, (28, 28, 1), where, found is not None)


def _trees() -> Iterator[CatalogueEntry]:
    for name, path in own_trees().items():
        try:
            tree = scan_tree(path)
        except DataError:
            continue  # listed is what can be loaded; loading it by its path says what is wrong
        train, classes = len(tree.parts["train"]), len(tree.class_names)
        own = len(tree.parts.get("test", []))
        held = 0 if own else round(TEST_SHARE * train)
        yield CatalogueEntry(name, "things", classes, train - held, own or held, None, str(path), True)
