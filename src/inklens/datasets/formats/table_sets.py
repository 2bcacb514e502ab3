"""A CSV or Parquet file, or a folder of them, as a data set: what its columns hold decides how it is read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from inklens.datasets.dataset import Dataset
from inklens.datasets.formats.name_tables import label_most, load_name_tables, names_files
from inklens.datasets.formats.parquet_images import image_columns, load_parquet_images
from inklens.datasets.formats.pixel_tables import has_pixels, load_pixel_tables
from inklens.datasets.formats.tables import Table, is_list, is_parquet, is_table, open_table
from inklens.datasets.layout.part_files import Files, beside, merged, within
from inklens.datasets.layout.part_names import part_of
from inklens.datasets.options import LoadOptions
from inklens.errors import DataError
from inklens.pixels import IMAGE_SUFFIXES

_FEW = 12  # text files in a folder that are looked into
_PLACES = ("data", "plain_text", "default", "labels", "annotations", "metadata")  # of tables, in a folder


def is_one_table(path: Path) -> bool:
    """Whether a path is a file of columns, or a text file that may list names and labels."""
    return is_table(path) or is_list(path)


def load_table(path: Path, options: LoadOptions) -> Dataset:
    """A CSV or Parquet file as a data set, with the test file beside it if it is a training file.

    Raises:
        DataError: its columns are neither pixels, nor images, nor names of files beside it; or what they hold
            cannot be used.
        MissingPackageError: Parquet without pyarrow.
    """
    return _load(beside(path, is_one_table), path.parent, path.name.split(".")[0], options)


def is_table_folder(path: Path) -> bool:
    """Whether a path is a folder of tables that are the data, or say what the images beside them are."""
    if not path.is_dir():
        return False
    tables = _tables(path)
    if not tables:
        return False
    if any(map(is_parquet, tables)):
        return True
    if not _has_class_folders(path):
        return any(has_pixels(table) or names_files(open_table(table)) for table in tables)
    # A table that labels most of the images says what they are; folders may be there for another reason.
    return label_most([table for table in map(_opened, filter(is_table, tables)) if table], path)


def _opened(path: Path) -> Table | None:
    try:
        return open_table(path)
    except DataError:  # a list of another kind beside folders of images
        return None


def load_table_folder(path: Path, options: LoadOptions) -> Dataset:
    """A folder of CSV or Parquet files as a data set: those of each part, by their names.

    Raises:
        DataError: see `load_table`.
        MissingPackageError: Parquet without pyarrow.
    """
    tables = _tables(path)
    folders = sorted({table.parent for table in tables})
    files: Files = within(folders[0], tables.__contains__) if len(folders) == 1 else {}
    for folder in folders if len(folders) > 1 else ():  # metadata.csv in train and in test
        own = [table for table in tables if table.parent == folder]
        files.setdefault(part_of(folder.name) or "train", []).extend(own)
    files = merged(files)
    if not files.get("train"):
        raise DataError(f"{path} holds no training table; expected one called train, or one in all")
    dataset = _load(files, path, path.resolve().name, options)
    if any(map(is_parquet, tables)) or not _has_class_folders(path):
        return dataset
    note = f"labels are those of {files['train'][0].name}, not the names of the folders"
    return replace(dataset, notes=(*dataset.notes, note))


def _load(files: Files, root: Path, name: str, options: LoadOptions) -> Dataset:
    first = files["train"][0]
    if is_parquet(first) and image_columns(first):
        return load_parquet_images(files, name, options)
    if has_pixels(first):
        return load_pixel_tables(files, name, options)
    return load_name_tables(files, root, name, options)


def _tables(folder: Path, depth: int = 1) -> list[Path]:
    """The tables in a folder, or in the folders in it that usually hold them, or in parts in these."""
    try:
        own = _in(folder)
        if own:
            return own
        inner = [path for path in sorted(folder.iterdir()) if path.is_dir()]
        named = [path for path in inner if path.name.lower() in _PLACES or part_of(path.name)]
        named = named or (inner if len(inner) == 1 else [])
        found = [table for path in named for table in _in(path)]
        return found or [table for path in named if depth for table in _tables(path, depth - 1)]
    except OSError:
        return []


def _in(folder: Path) -> list[Path]:
    """The tables in a folder, or the text files in it that list names and labels of images."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    tables = [path for path in files if is_table(path) and "submission" not in path.name.lower()]
    lists = [path for path in files if is_list(path)]
    if tables or len(lists) > _FEW:  # for object detection each image has a text file
        return tables
    tables_of_lists = [table for table in map(_opened, lists) if table and _shows_images(table)]
    return [table.path for table in tables_of_lists if names_files(table)]


def _shows_images(table: Table) -> bool:
    """Whether the first row has the name of an image: before all files of a folder are listed for it."""
    return any(PurePath(cell).suffix.lower() in IMAGE_SUFFIXES for cell in table.first)


def _has_class_folders(root: Path) -> bool:
    """Whether folders of images lie here that are no parts: their names are classes."""
    return any(_classes(root, 2))


def _classes(folder: Path, depth: int) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.name.startswith("."):
            if part_of(path.name) is None and path.name.lower() not in _IMAGES:
                if not depth or any(one.is_file() for one in path.iterdir()):
                    yield path
            elif depth:
                yield from _classes(path, depth - 1)


_IMAGES = {"images", "image", "imgs", "img", "pictures", "photos", "files", "jpeg", "jpg", "png", *_PLACES}
