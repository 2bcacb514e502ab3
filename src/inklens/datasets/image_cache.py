"""Trees of image files, decoded once into memory maps under the user's cache.

A cache is a folder of .npy files and a meta.json. It is written inside a scratch folder and renamed when it
is whole, so that a crash leaves no half one behind; memory does not grow with the number of images.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.layout.processes import in_processes
from inklens.datasets.layout.stores import Content
from inklens.datasets.places import cache_dir
from inklens.datasets.splits import Split
from inklens.datasets.trees import Tree
from inklens.errors import DataError, ImageError
from inklens.pixels import PixelSpec, decode, decode_quietly, frame, pillow_quiet
from inklens.printable import printable

_VERSION = 3  # to be raised whenever decoding or framing gives other bytes
_BLOCK = 256  # images that are read ahead,
_BLOCK_BYTES = 2**26  # unless the files of an archive or a table are larger: photos of a phone have megabytes
_LARGE_FILE = 4096  # bytes on average, from which on threads pay
_DAY = 86_400
_MANY = 5000  # images, of which all are read before what is wrong with one could be said
_FOR_PROCESSES = 4.0  # seconds that the rest would take here; processes take one or two to start
_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_Block = list[tuple[str, Content]]


@dataclass(frozen=True)
class DecodedTree:
    """The images of a tree in one spec, as memory maps.

    Args:
        skipped: (path below the root, what is wrong) of each image that cannot be used.
    """

    spec: PixelSpec
    parts: dict[str, Split] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def decoded_tree(
    tree: Tree,
    wishes: object,
    choose_spec: Callable[[], PixelSpec],
    *,
    strict: bool,
    unusable_share: float = 0.01,
) -> DecodedTree:
    """The tree's images, from the cache if they are there, else decoded into it.

    Args:
        wishes: what `choose_spec` goes by besides the tree; a part of the cache's key.
        choose_spec: called only when the images have to be decoded.
        strict: refuse the first image that cannot be used.
        unusable_share: of the images, that may be unusable; with 1, parts may be empty.

    Raises:
        ImageError: `strict`, and an image cannot be used.
        DataError: more of the images cannot be used, or none can; they change while they are read, or the
            cache cannot be written.
    """
    above = cache_dir() / "folders"
    cache = above / _key(tree, wishes)
    decoded = _opened(cache)
    if decoded is None:
        spec = choose_spec()
        try:
            above.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(above)
            shutil.rmtree(cache, ignore_errors=True)  # it may be there and damaged
            with tempfile.TemporaryDirectory(prefix="half-", dir=above) as scratch:
                whole = Path(scratch, "whole")
                whole.mkdir()
                _write(whole, tree, spec, strict, unusable_share)
                if tree.state() != tree.state_when_listed:
                    raise DataError(
                        f"{tree.root} was changed while it was read; expected images that stay as they are: "
                        "wait until nothing writes to it, and repeat"
                    )
                if not cache.exists():  # else another process was quicker
                    whole.replace(cache)
        except OSError as error:
            raise DataError(
                f"the cache {above} cannot be written ({error.strerror}); "
                "make room there, or set INKLENS_CACHE to a folder that can be"
            ) from error
        decoded = _opened(cache)
    if decoded is None:
        raise DataError(
            f"the cache {cache} cannot be read back; expected what was just written: check the disk"
        )
    if decoded.skipped:
        _check_bad(tree, decoded.skipped, strict, unusable_share)  # it may have been decoded for a check
        _check_parts(tree, decoded, unusable_share)
    return decoded


def remembered(tree: Tree, what: str, find_out: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    """What was found out about a tree before, or is found out now and kept, where the cache can be written.

    Args:
        what: the question, as a file's name.
    """
    kept = cache_dir() / "folders" / f"{_key(tree, what)}.json"
    with suppress(OSError, ValueError):
        first, second = json.loads(kept.read_text(encoding="utf-8"))
        return str(first), str(second)
    answer = find_out()
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="half-", dir=kept.parent) as scratch:
            Path(scratch, "whole").write_text(json.dumps(answer), encoding="utf-8")
            Path(scratch, "whole").replace(kept)
    return answer


def read_images(
    tree: Tree, paths: Sequence[str], work: Callable[[Path | bytes, str], _Result]
) -> Iterator[_Result | ImageError]:
    """work(file or its bytes, its name) for each path, in order, on all cores; or what is wrong with it.

    Only a few blocks of files and results are in memory at a time.

    Args:
        work: a function of a module, or a `functools.partial` of one.
    """
    contents = zip(paths, tree.store.contents(paths), strict=True)
    one = partial(_worked, work, str(tree.root))
    cores = min(8, os.cpu_count() or 1)
    left, first = len(paths), True
    with pillow_quiet(), ThreadPoolExecutor(cores, initializer=decode_quietly) as pool:
        while block := _next_block(contents):
            start = time.perf_counter()
            # A small file takes dozens of short calls, between which Python's lock would change hands.
            in_turn = sum(_size(content) for _, content in block) < _LARGE_FILE * len(block)
            results = list((map if in_turn else pool.map)(one, block))
            left -= len(block)
            rest = left * (time.perf_counter() - start) / len(block)
            yield from results
            if rest >= _FOR_PROCESSES and cores > 1 and not first:  # the first block has imports to wait for
                break
            first = False
    blocks = iter(lambda: _next_block(contents), [])
    for results in in_processes(partial(_all_worked, one), blocks, cores) if left else ():
        yield from results


def _worked(
    work: Callable[[Path | bytes, str], _Result], root: str, file: tuple[str, Content]
) -> _Result | ImageError:
    path, content = file
    if isinstance(content, ImageError):
        return content
    try:
        return work(content, os.path.join(root, path))  # noqa: PTH118 (pathlib is slower)
    except ImageError as error:
        return error


def _all_worked(
    one: Callable[[tuple[str, Content]], _Result | ImageError], block: _Block
) -> list[_Result | ImageError]:
    with pillow_quiet():
        return list(map(one, block))


def _next_block(contents: Iterator[tuple[str, Content]]) -> _Block:
    """The next images, as many as are read ahead."""
    block, held = _Block(), 0
    for path, content in islice(contents, _BLOCK):
        block.append((path, content))
        held += len(content) if isinstance(content, bytes) else 0
        if held >= _BLOCK_BYTES:
            break
    return block


def _size(content: Content) -> int:
    if isinstance(content, Path):
        with suppress(OSError):
            return content.stat().st_size
    return len(content) if isinstance(content, bytes) else 0


def _key(tree: Tree, wishes: object) -> str:
    asked = repr((_VERSION, str(tree.root.resolve()), tree.class_names, wishes, tree.state_when_listed))
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


def _opened(cache: Path) -> DecodedTree | None:
    """The cache's content, or None where it is not there or has been damaged."""
    try:
        meta = json.loads((cache / "meta.json").read_text(encoding="utf-8"))
        decoded = DecodedTree(
            PixelSpec.from_dict(meta["spec"]), skipped=[tuple(pair) for pair in meta["skipped"]]
        )
        for part, digest in meta["digests"].items():
            images = np.load(cache / f"{part}.npy", mmap_mode="r")
            decoded.parts[part] = Split(images, np.load(cache / f"{part}-labels.npy"), store_digest=digest)
    except (OSError, ValueError, KeyError):
        return None
    return decoded


def _write(folder: Path, tree: Tree, spec: PixelSpec, strict: bool, unusable_share: float) -> None:
    skipped: list[tuple[str, str]] = []
    digests: dict[str, str] = {}
    for part, rows in tree.parts.items():
        labels: list[int] = []
        digest = hashlib.sha256()
        with (folder / f"{part}.npy").open("wb") as file:
            _write_header(file, (len(rows), *spec.shape))
            for (path, label), image in zip(rows, _framed_images(tree, rows, spec), strict=True):
                if isinstance(image, ImageError):
                    skipped.append((path, str(image)))
                    if len(skipped) == 1 and tree.images >= _MANY and not strict:
                        what = printable(str(image))
                        _log.warning("%s; it is left out, and the other images are read", what)
                    _check_bad(tree, skipped, strict, unusable_share)
                    continue
                file.write(image.data)
                digest.update(image.data)
                labels.append(label)
            file.seek(0)
            _write_header(file, (len(labels), *spec.shape))  # as long as the first: NumPy pads it to grow
            _flush(file)
        digests[part] = digest.hexdigest()
        with (folder / f"{part}-labels.npy").open("wb") as file:
            np.save(file, np.array(labels, np.int64))
            _flush(file)
    with (folder / "meta.json").open("wb") as file:
        meta = {"spec": spec.to_dict(), "digests": digests, "skipped": skipped}
        file.write(json.dumps(meta).encode())
        _flush(file)


def _framed_images(
    tree: Tree, rows: Sequence[tuple[str, int]], spec: PixelSpec
) -> Iterator[NDArray[np.uint8] | ImageError]:
    return read_images(tree, [path for path, _ in rows], partial(_framed, spec))


def _framed(spec: PixelSpec, source: Path | bytes, name: str) -> NDArray[np.uint8]:
    return np.ascontiguousarray(frame(decode(source, channels=spec.channels, name=name), spec))


def _check_bad(tree: Tree, skipped: Sequence[tuple[str, str]], strict: bool, unusable_share: float) -> None:
    first = skipped[0][1]
    if strict:
        raise ImageError(first)
    if len(skipped) > unusable_share * tree.images:
        raise DataError(
            f"{tree.root} has {len(skipped)} or more images that cannot be used; expected at most "
            f"{100 * unusable_share:g}% of {tree.images:,}: mend them or take them out (`inklens check` "
            f"lists them); the first: {first}"
        )


def _check_parts(tree: Tree, decoded: DecodedTree, unusable_share: float) -> None:
    """Refuses a part of which nothing is left, or where any may be unusable, a tree."""
    empty = [part for part, split in decoded.parts.items() if not len(split)]
    if empty and (unusable_share < 1 or len(empty) == len(decoded.parts)):
        raise DataError(
            f"{tree.root} has no {empty[0]} image that can be used; the first: {decoded.skipped[0][1]}"
        )


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _remove_leftovers(above: Path) -> None:
    """Scratch folders of processes that were killed; a day old, none of them is in use."""
    for leftover in above.glob("half-*"):
        if time.time() - leftover.stat().st_mtime > _DAY:
            shutil.rmtree(leftover, ignore_errors=True)
