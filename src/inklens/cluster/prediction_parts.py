"""Which images are predicted together: parts of a job, the same however often it is begun again."""

from __future__ import annotations

import glob
import hashlib
import io
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inklens.atomic_file import check_place
from inklens.classifier import find_images
from inklens.classifier.prediction_files import FORMAT
from inklens.cluster.file_systems import Place, is_remote
from inklens.datasets.layout.file_listing import kind_passed_over
from inklens.errors import DataError, RunError

JOB, INPUTS = "_job.json", "_inputs.parquet"  # readers of folders of Parquet pass over "_"
FILES_PER_PART = 2_000
# What is taken for a shard in a folder; given by its own path a CSV or .npz file is one too.
SHARDS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".parquet")
_OF_MANY = (*SHARDS, ".csv", ".tsv", ".csv.gz", ".tsv.gz", ".npz", ".npy")
_PART = re.compile(r"part-(\d{8})\.parquet")


@dataclass(frozen=True)
class Part:
    """Images that are predicted together, and end in one Parquet file.

    Args:
        number: from 0.
        root: which of the paths that were given they are from.
        names: paths of image files, or of one shard, as bytes: a name on a disk need not be UTF-8.
        shard: it is a file of many images.
    """

    number: int
    root: int
    names: tuple[bytes, ...]
    shard: bool

    @property
    def file(self) -> str:
        """The name of its Parquet file."""
        return f"part-{self.number:08}.parquet"


@dataclass(frozen=True)
class PredictionJob:
    """What is asked for. Whoever begins it again must ask for the same.

    Args:
        paths: as they were given, without keys.
        model: SHA-256 of the model file.
        top: how many classes each answer has.
        format: of the parts.
    """

    paths: tuple[str, ...]
    model: str
    top: int
    format: int = FORMAT

    @classmethod
    def of(cls, paths: Sequence[str], model: bytes, top: int) -> PredictionJob:
        """The job of a model file's content on paths."""
        names = tuple(Place.of(path).name if is_remote(path) else path for path in paths)
        return cls(names, hashlib.sha256(model).hexdigest(), top)

    def begin(self, output: Place, paths: Sequence[str], passed: Counter[str]) -> list[Part]:
        """Its parts: those that were written down when it was first begun.

        Raises:
            OptionError: the folder cannot be written.
            RunError: it holds something else.
            DataError: there are no images.
        """
        if not paths:
            raise DataError(
                "no image was given; expected at least one path, or a list on standard input for -"
            )
        if not is_remote(output.address):
            check_place("output", Path(output.address), Path(output.path))
        there = _names(output)
        if JOB in there:
            said = json.loads(output.read(f"{output.path}/{JOB}"))
            for name, value in json.loads(json.dumps(asdict(self))).items():
                if said.get(name) != value:
                    were = f"{name} {'are' if name == 'paths' else 'is'} {_shown(said.get(name))}"
                    raise RunError(
                        f"{output.name} holds the answers of another job, whose {were}, not {_shown(value)}; "
                        "give another --output"
                    )
            return _read(output.read(f"{output.path}/{INPUTS}"))
        if there:
            raise RunError(f"{output.name} holds files already; give another --output")
        parts = find_parts(paths, passed)
        output.write(INPUTS, _written(parts))
        output.write(JOB, json.dumps(asdict(self), indent=2).encode() + b"\n")
        return parts


def done_parts(output: Place) -> set[int]:
    """The numbers of the parts that are there."""
    return {int(match[1]) for name in _names(output) if (match := _PART.fullmatch(name))}


def find_parts(paths: Sequence[str], passed: Counter[str]) -> list[Part]:
    """All images that paths mean: each file and each shard of them once, in sorted order.

    Args:
        passed: counts the files of folders that are neither images nor shards, by kind.

    Raises:
        DataError: no path is there, or one holds nothing to predict.
    """
    if paths and not any(is_remote(path) or glob.has_magic(path) or _exists(path) for path in paths):
        raise DataError(f"{paths[0]} is not there; expected images, folders or shards: check the path")
    parts: list[Part] = []
    for root, path in enumerate(paths):
        files, shards = _of_address(path, passed) if is_remote(path) else _of_path(path, passed)
        for start in range(0, len(files), FILES_PER_PART):
            chosen = tuple(map(os.fsencode, files[start : start + FILES_PER_PART]))
            parts.append(Part(len(parts), root, chosen, shard=False))
        parts += [
            Part(len(parts) + place, root, (os.fsencode(shard),), shard=True)
            for place, shard in enumerate(shards)
        ]
    return parts


def _of_address(address: str, passed: Counter[str]) -> tuple[list[str], list[str]]:
    place = Place.of(address)
    found = place.found()
    if found == [place.path]:
        return _files_and_shards(found)
    kinds = {path: kind_passed_over(path.removeprefix(place.path).strip("/"), SHARDS) for path in found}
    passed.update(kind for kind in kinds.values() if kind)
    files, shards = _files_and_shards(path for path, kind in kinds.items() if not kind)
    if not files and not shards:
        raise DataError(f"{place.name} holds no images and no shards; expected one or more below it")
    return files, shards


def _of_path(path: str, passed: Counter[str]) -> tuple[list[str], list[str]]:
    if _exists(path) and not os.path.isdir(path):  # noqa: PTH112 (that of pathlib raises, as below)
        return _files_and_shards([path])
    # A folder, a pattern, or a file whose row says that it is not there.
    return _files_and_shards(find_images([path], passed=passed, also=SHARDS))


def _files_and_shards(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    files: list[str] = []
    shards: list[str] = []
    for path in paths:
        (shards if path.lower().endswith(_OF_MANY) else files).append(path)
    return files, shards


def _exists(path: str) -> bool:
    return os.path.exists(path)  # noqa: PTH110 (that of pathlib raises where a name is too long)


def _shown(value: Any) -> str:
    """A value of a job in a message: of many paths, the first ones."""
    if not isinstance(value, list):
        return repr(value)
    more = f" and {len(value) - 3:,} more" if len(value) > 3 else ""
    return ", ".join(map(str, value[:3])) + more


def _names(output: Place) -> set[str]:
    from pyarrow import fs

    try:
        found = output.files.get_file_info(fs.FileSelector(output.path, allow_not_found=True))
    except OSError as error:
        raise DataError(f"{output.name} cannot be listed ({error}); expected a folder") from error
    return {info.base_name for info in found if info.base_name and not info.base_name.startswith(".partial-")}


def _written(parts: Sequence[Part]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    columns: dict[str, list[Any]] = {
        "part": [part.number for part in parts],
        "root": [part.root for part in parts],
        "shard": [part.shard for part in parts],
        "names": [list(part.names) for part in parts],
    }
    types = {
        "part": pyarrow.int32(),
        "root": pyarrow.int32(),
        "shard": pyarrow.bool_(),
        "names": pyarrow.list_(pyarrow.binary()),
    }
    with io.BytesIO() as content:
        parquet.write_table(pyarrow.table(columns, pyarrow.schema(types)), content)
        return content.getvalue()


def _read(content: bytes) -> list[Part]:
    from pyarrow import parquet

    rows = parquet.read_table(io.BytesIO(content)).to_pylist()
    return [Part(row["part"], row["root"], tuple(row["names"]), row["shard"]) for row in rows]
