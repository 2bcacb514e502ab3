"""Images without labels out of files that hold many: CSV, Parquet, .npz, .npy and archives."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.formats.archives import is_archive, opened_archive
from inklens.datasets.formats.array_files import is_arrays
from inklens.datasets.formats.tables import is_table
from inklens.datasets.named_image import NamedImage


def holds_many(path: Path) -> bool:
    """Whether a path is a file of a form that holds many images."""
    return is_arrays(path) or is_table(path) or is_archive(path)


def images_in(path: Path, passed: Counter[str] | None = None) -> Iterator[NamedImage]:
    """The images of such a file one after the other; labels in it are left out.

    Args:
        passed: counts the files of an archive that are no images to be read, by kind.

    Raises:
        DataError: it cannot be read, or holds no images.
        MissingPackageError: Parquet without pyarrow.
    """
    if is_arrays(path):
        from inklens.datasets.formats.npz import image_array

        return _numbered(path, image_array(path))
    if is_table(path):
        return _of_table(path)
    return _of_archive(path, Counter[str]() if passed is None else passed)


def _numbered(path: Path, images: NDArray[np.uint8]) -> Iterator[NamedImage]:
    return (NamedImage(f"{path}#{number}", image) for number, image in enumerate(images))


def _of_table(path: Path) -> Iterator[NamedImage]:
    from inklens.datasets.formats.parquet_images import images_of_rows
    from inklens.datasets.formats.pixel_tables import pixels_of, read_pixels
    from inklens.datasets.formats.tables import is_parquet, open_table

    if is_parquet(path) and (rows := images_of_rows(path)) is not None:
        return (NamedImage(f"{path}#{number}", content) for number, content in enumerate(rows))
    table = open_table(path)
    return _numbered(path, read_pixels(table, pixels_of(table))[0])


def _of_archive(path: Path, passed: Counter[str]) -> Iterator[NamedImage]:
    with opened_archive(path) as (store, images, others):
        passed.update(others)
        for name, content in zip(images, store.contents(images), strict=True):
            if not isinstance(content, Path):  # an archive gives no paths
                yield NamedImage(f"{path}/{name}", content)
