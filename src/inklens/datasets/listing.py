"""What `inklens datasets` shows: every set that has a name, with counts.

No image is opened and NumPy is not imported, so that the answer comes at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from inklens.datasets.named import NAMED
from inklens.datasets.places import own_trees
from inklens.datasets.trees import TEST_SHARE, scan_tree
from inklens.errors import DataError


@dataclass(frozen=True)
class CatalogueEntry:
    """One data set that can be loaded by its name.

    Args:
        kind: "writing" or "things"; None for a tree, whose images are looked at when it is loaded.
        train_count: of a tree without a test part: what is left when a fifth has been held out.
        test_count: with that fifth; 0 where there are too few images for one.
        shape: (height, width, channels); None for a tree of image files, which are not opened for this.
        where: the place it lies, or how to get it.
        available: False where it would have to be fetched or installed first.
    """

    name: str
    kind: str | None
    classes: int
    train_count: int
    test_count: int
    shape: tuple[int, int, int] | None
    where: str
    available: bool


def catalogue() -> list[CatalogueEntry]:
    """The named sets first, then the class-per-folder trees in INKLENS_DATA/folders that can be read."""
    return [*_named_sets(), *_trees()]


def _named_sets() -> Iterator[CatalogueEntry]:
    for name, one in NAMED.items():
        found = one.find()
        where = str(found or one.missing)
        counts = (one.train_count, one.test_count)
        yield CatalogueEntry(name, one.kind, one.classes, *counts, one.shape, where, found is not None)


def _trees() -> Iterator[CatalogueEntry]:
    for name, path in own_trees().items():
        try:
            tree = scan_tree(path)
        except DataError:
            continue  # listed is what can be loaded; loading it by its path says what is wrong
        train, classes = len(tree.parts["train"]), len(tree.class_names)
        own = len(tree.parts.get("test", []))
        held = 0 if own else round(TEST_SHARE * train)
        yield CatalogueEntry(name, None, classes, train - held, own or held, None, str(path), True)
