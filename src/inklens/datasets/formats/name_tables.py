"""CSV and Parquet files of file names and labels, beside the folder of the images."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from inklens.datasets.dataset import Dataset
from inklens.datasets.formats.image_trees import load_tree
from inklens.datasets.formats.tables import Table, is_number, open_table
from inklens.datasets.labels import check_names, listed
from inklens.datasets.layout.columns import is_index, label_column, part_column, parts_of_rows
from inklens.datasets.layout.file_listing import list_images, passed_over
from inklens.datasets.layout.part_files import Files, part_of_file
from inklens.datasets.layout.part_names import part_of
from inklens.datasets.layout.stores import FolderStore
from inklens.datasets.options import LoadOptions
from inklens.datasets.trees import Tree, natural_key
from inklens.errors import DataError
from inklens.pixels import IMAGE_SUFFIXES

_BITS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "False": 0, "True": 1}
_LOOKED_AT = 50  # rows that show which column names files


@dataclass
class _Folder:
    """The images beside a table, found by what a table may call them."""

    root: Path
    paths: set[str] = field(default_factory=set)
    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_stem: dict[str, list[str]] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)

    @classmethod
    def listed(cls, root: Path) -> "_Folder":
        images, passed = list_images(root)
        folder = cls(root, set(images), passed=passed)
        for path in images:
            name = path.rpartition("/")[2].lower()
            folder.by_name.setdefault(name, []).append(path)
            folder.by_stem.setdefault(name.rpartition(".")[0], []).append(path)
        return folder

    def find(self, given: str, part: str | None) -> str | None:
        """The image that a cell names, with or without folders and suffix, or with the suffix that it had
        before it was converted; None for none. Capital letters count where two names differ in them alone."""
        given = given.replace("\\", "/").removeprefix("./")
        if given in self.paths:
            return given
        name = given.rpartition("/")[2].lower()
        stem, _, suffix = name.rpartition(".")
        found = self.by_name.get(name) or self.by_stem.get(name, [])
        if not found and f".{suffix}" in IMAGE_SUFFIXES:
            found, given = self.by_stem.get(stem, []), given.rpartition(".")[0]
        if len(found) > 1:
            longer = [path for path in found if _ends(path, given)]
            found = longer or [path for path in found if _ends(path.lower(), given.lower())] or found
        if len(found) > 1 and part:
            found = [path for path in found if part in map(part_of, path.split("/")[:-1])]
        return found[0] if len(found) == 1 else None


def _ends(path: str, given: str) -> bool:
    return path.endswith(given) or path.rpartition(".")[0].endswith(given)


@dataclass
class _Rows:
    """What the tables say: the label of each image, by part."""

    parts: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def names_files(table: Table) -> bool:
    """Whether a column of a table names images that lie beside it."""
    try:
        return _file_column(table, _Folder.listed(table.path.parent), part_of_file(table.path)) is not None
    except OSError:
        return False


def label_most(tables: Sequence[Table], root: Path) -> bool:
    """Whether the rows of tables in a folder give labels to at least half of the images below it.

    Only columns that are called so count: a column of writers beside folders of digits is none.
    """
    try:
        folder = _Folder.listed(root)
    except OSError:
        return False
    named = 0
    for table in tables:
        column = _file_column(table, folder, part_of_file(table.path))
        if column and _labels(table, column, surely=True):
            named += len(table.texts(column))
    return bool(folder.paths) and 2 * named >= len(folder.paths)


def load_name_tables(files: Files, root: Path, name: str, options: LoadOptions) -> Dataset:
    """Images with the labels that tables give them; without a test part, a stratified fifth is held out.

    A row names a file by its path below the folder, by its name, or by its name without the suffix.

    Args:
        files: the tables of each part; "train" at least.
        root: the folder that the images lie below.
        name: what the data set is called.

    Raises:
        DataError: no columns of names and labels, too many of the files not there, one file with two
            labels, or fewer than two classes.
    """
    try:
        folder = _Folder.listed(root)
    except OSError as error:
        raise DataError(f"{root} cannot be read ({error.strerror}); expected a folder of images") from error
    rows = _Rows()
    for part, paths in files.items():
        for path in paths:
            _read(open_table(path), part, folder, rows)
    first = files["train"][0]
    _check(first, rows, options.unusable_share)
    labels = {label for given in rows.parts.values() for label in given.values()}
    names = tuple(sorted(labels, key=natural_key))
    check_names(names, str(first))
    if len(names) < (2 if options.hold_out else 1):
        raise DataError(f"{first} gives one label only, {names[0]}; expected two or more classes")
    numbers = {label: number for number, label in enumerate(names)}
    parts = {
        part: [(path, numbers[label]) for path, label in given.items()]
        for part, given in rows.parts.items()
        if given
    }
    folder.passed["images that no row names"] = len(folder.paths) - sum(map(len, parts.values()))
    for kind in (".csv", ".tsv", ".jsonl", ".parquet", ".gz"):
        del folder.passed[kind]
    folder.passed.subtract(path.suffix.lower() for paths in files.values() for path in paths)
    notes = (*rows.notes, *passed_over(+folder.passed))
    data = load_tree(Tree(root, names, parts, FolderStore(root), notes), name, options, path=first)
    missing = ((given, f"{first.name} names it, and there is no such file") for given in rows.missing)
    return replace(data, unusable=(*data.unusable, *missing))


def _read(table: Table, part: str, folder: _Folder, rows: _Rows) -> None:
    column = _file_column(table, folder, part)
    if column is None:
        if part != "train":
            rows.notes.append(f"{table.path.name} names no image here and is left out")
            return
        raise DataError(
            f"{table.path} names no image beside it ({', '.join(table.names[:6])}); expected a "
            "column of file "
            "names in this folder or below, and one of labels"
        )
    labels = _labels(table, column)
    if labels is None:
        if part != "train":
            rows.notes.append(f"{table.path.name} has no labels and is left out")
            return
        raise DataError(
            f"{table.path} has no label column ({', '.join(table.names[:6])}); expected one called label"
        )
    parts, notes = parts_of_rows(table.names, table.texts) if table.header else (None, [])
    rows.notes += notes
    inner = parts or [part] * len(labels)
    for given, label, of in zip(table.texts(column), labels, inner, strict=True):
        path = folder.find(given, of)
        known = rows.parts.setdefault(of, {})
        if path is None:
            rows.missing.append(given)
        elif path not in known:
            known[path] = label
        elif known[path] == label:
            rows.repeated.append(given)
        else:
            raise DataError(
                f"{table.path} gives {given} two labels, {known[path]} and {label}; "
                "expected one for each image: mend it"
            )


def _check(first: Path, rows: _Rows, unusable_share: float) -> None:
    found = sum(map(len, rows.parts.values()))
    if missing := rows.missing:
        what = f"{len(missing):,} of {found + len(missing):,} files that {first.name} names are not there"
        if len(missing) > unusable_share * (found + len(missing)):
            most = f"{100 * unusable_share:g}%"
            raise DataError(f"{what} ({missing[0]}); expected at most {most}: check the folder and the names")
        rows.notes.append(f"{what}: {', '.join(missing[:5])}")
    if repeated := rows.repeated:
        rows.notes.append(f"named more than once and taken once: {listed(repeated)}")
    if not rows.parts.get("train"):
        raise DataError(f"{first} has no row of a training part; expected some")


def _file_column(table: Table, folder: _Folder, part: str | None) -> str | None:
    """The column whose first cells name most images, each counted once; None where none does.

    One with the suffixes of images goes before others: a label may be called as a file is, but for that.
    """
    best, most = None, (False, 0)
    for name, cell in zip(table.names, table.first, strict=True):
        suffix = PurePosixPath(cell).suffix.lower()
        named = suffix and not is_number(cell)  # 0.5 has a suffix too
        if not folder.find(cell, part) and not named and not is_index(name):
            continue
        found = {folder.find(text, part) for text in table.texts(name, _LOOKED_AT)} - {None}
        if found and (suffix in IMAGE_SUFFIXES, len(found)) > most:
            best, most = name, (suffix in IMAGE_SUFFIXES, len(found))
    return best


def _labels(table: Table, files: str, *, surely: bool = False) -> list[str] | None:
    others = [name for name in table.names if name not in (files, part_column(table.names))]
    column = label_column(others) if table.header else None
    # One of many classes may be called y.
    if column and len(others) > 2 and (labels := _one_hot(table, others)):
        return labels
    if column is None and len(others) == 1 and not surely:
        column = others[0]
    if column is None:
        return _one_hot(table, others)
    texts = table.texts(column)
    if "" in texts:
        raise DataError(f"{table.path} has no label in row {texts.index('') + 1}; expected one in each row")
    return [text.removesuffix(".0") if text[:-2].isdecimal() else text for text in texts]


def _one_hot(table: Table, names: Sequence[str]) -> list[str] | None:
    """The name of the column with a 1 in each row, where all others of these have a 0."""
    first = dict(zip(table.names, table.first, strict=True))
    if len(names) < 2 or not {first[name] for name in names} <= _BITS.keys():
        return None
    columns = [table.texts(name) for name in names]
    rows = list(zip(*columns, strict=True))
    ones = [[_BITS[cell] for cell in row if cell in _BITS] for row in rows]
    if not all(len(row) == len(names) and sum(row) == 1 for row in ones):
        return None
    return [names[row.index(1)] for row in ones]
