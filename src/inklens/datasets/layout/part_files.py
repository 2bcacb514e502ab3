"""Which files belong together, by their names: the training file and the test file of one set."""

import re
from collections.abc import Callable
from pathlib import Path

from inklens.datasets.layout.part_names import part_of, part_word, settled, words
from inklens.errors import DataError

Files = dict[str, list[Path]]  # part -> its files, in order


def beside(path: Path, is_one: Callable[[Path], bool]) -> Files:
    """A file and those in its folder that have its name but for the part: train.csv, test.csv.

    Args:
        path: a file; of no part, it is the training part.
        is_one: whether a file is of the same form.
    """
    if part_of_file(path) is None:
        return {"train": [path]}
    found = [other for other in sorted(path.parent.iterdir()) if _rest(other) == _rest(path)]
    if part_of_file(path) != "train":  # a test file that is given means itself
        return {"train": [path]}
    return _sorted_by_part([other for other in found if other.suffix == path.suffix and is_one(other)])


def within(folder: Path, is_one: Callable[[Path], bool]) -> Files:
    """The files of a folder, by part; all are the training part where no name says one.

    Raises:
        DataError: several sets that have nothing to do with one another.
    """
    every = [path for path in sorted(folder.iterdir()) if is_one(path) and not path.name.startswith(".")]
    files = [path for path in every if "submission" not in words(path.name)]
    if not any(part_of_file(path) == "train" for path in files):
        if len(files) > 1 and len({_rest(path) for path in files}) > 1:
            raise DataError(
                f"{folder} holds {', '.join(path.name for path in files[:6])}; expected one set, "
                "or files called "
                "train and test: give one of them by its path"
            )
        return {"train": files} if files else {}
    if len({_rest(path) for path in files if part_of_file(path) == "train"}) > 1:
        raise DataError(
            f"{folder} holds several training files ({', '.join(path.name for path in files[:6])}); expected "
            "one set: give one of them by its path"
        )
    return _sorted_by_part(files)


def _sorted_by_part(files: list[Path]) -> Files:
    found: Files = {}
    for path in files:
        if part := part_of_file(path):
            found.setdefault(part, []).append(path)
    return merged(found)


def merged(found: Files) -> Files:
    """The files of each part as they are used: "evaluation" may be another name of a part that is there."""
    use, parts = settled(set(found)), Files()
    for part, paths in found.items():
        parts.setdefault(use[part], []).extend(paths)
    return parts


def _stem(path: Path) -> str:
    """The name without suffixes, and without the number of a shard: train-00000-of-00003."""
    return re.sub(r"-\d+-of-\d+(-[0-9a-f]{16})?$", "", path.name.split(".")[0])


def part_of_file(path: Path) -> str | None:
    """Which part a file holds, by its name without suffixes; None where it does not say."""
    return part_of(_stem(path))


def _rest(path: Path) -> tuple[str, ...]:
    """The words of a name but for its part."""
    return tuple(word for word in words(_stem(path)) if part_word(word) is None)
