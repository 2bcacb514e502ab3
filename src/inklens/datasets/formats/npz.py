"""Data sets in .npz and .npy files, under any usual names of their arrays, in one file or in several."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.dataset import Dataset, from_labelled_images
from inklens.datasets.formats.array_files import is_arrays, read_arrays
from inklens.datasets.formats.array_values import check_range, rgb_images
from inklens.datasets.formats.emnist import upright_classes, upright_numbers
from inklens.datasets.labels import as_labels, as_numbers, classes_named
from inklens.datasets.layout.file_listing import kind_passed_over
from inklens.datasets.layout.part_names import part_word, settled, words
from inklens.datasets.options import LoadOptions
from inklens.datasets.splits import Split
from inklens.errors import DataError
from inklens.pixels import PixelSpec, as_batch

_KEYS = "images and labels, or x_train, y_train, x_test and y_test"
_IMAGES = {"x", "xs", "image", "images", "img", "imgs", "pixels", "data", "features", "inputs", "input"}
_LABELS = {
    "y",
    "ys",
    "label",
    "labels",
    "lbl",
    "lbls",
    "target",
    "targets",
    "classes",
    "class",
    "output",
    "outputs",
}
_NAMES = {"class_names", "label_names", "names", "target_names", "labels_names", "categories"}

Arrays = Mapping[str, NDArray[np.generic]]
Pair = tuple[NDArray[np.generic], NDArray[np.generic]]


def load_arrays(path: Path, options: LoadOptions) -> Dataset:
    """An .npz file, or .npz and .npy files of one name but for what is in them; else a fifth is held out.

    Images are (N, H, W), (N, H, W, C), (N, C, H, W) or (N, H * W), with values as `as_batch` takes them;
    labels are whole numbers from 0, one-hot, or the classes' names as text, which then are in natural order,
    as the names of class folders are.

    Raises:
        DataError: no such file, no pair of arrays that fit, or images and labels that cannot be used.
    """
    arrays = read_arrays(path)
    beside = sorted(other for other in path.parent.iterdir() if is_arrays(other) and other != path)
    if not (len(arrays) == 1 and beside):
        return _load(arrays, path, path.stem, options)
    own = _rest(path.stem)
    several = {
        name: array for other in beside if _rest(other.stem) == own for name, array in _one(other).items()
    }
    return _load({**arrays, **several}, path, path.stem, options)


def is_array_folder(path: Path) -> bool:
    """Whether a path is a folder with .npz or .npy files in it that are the data, and not beside them."""
    return (
        path.is_dir()
        and any(map(is_arrays, path.iterdir()))
        and sum(1 for _ in islice(_image_folders(path, 2), 2)) < 2
    )


def _image_folders(folder: Path, depth: int) -> Iterator[Path]:
    """The folders below that hold images; of classes, there are two at least."""
    for path in folder.iterdir():
        if not path.is_dir() or path.name.startswith("."):
            continue
        try:
            if any(kind_passed_over(one.name) is None for one in path.iterdir() if one.is_file()):
                yield path
            elif depth:
                yield from _image_folders(path, depth - 1)
        except OSError:  # whoever reads it says so
            continue


def load_array_folder(path: Path, options: LoadOptions) -> Dataset:
    """A folder of .npz or .npy files that belong together, such as x_train.npy and y_train.npy.

    Raises:
        DataError: several data sets in it, or what `load_arrays` refuses.
    """
    files = sorted(filter(is_arrays, path.iterdir()))
    sets = {_rest(file.stem) for file in files}
    if len(files) == 1:
        return load_arrays(files[0], options)
    if len(sets) > 1:
        raise DataError(
            f"{path} holds {', '.join(file.name for file in files[:6])}; expected one data set: "
            "give one of them "
            "by its path"
        )
    arrays = {name: array for file in files for name, array in _one(file).items()}
    return _load(arrays, path, path.resolve().name, options)


def image_array(path: Path) -> NDArray[np.uint8]:
    """The images of a file whose labels are not asked for: uint8 (N, H, W, C); the test part's of several.

    Raises:
        DataError: it holds no images, or cannot be read.
    """
    arrays = read_arrays(path)
    found = {_part(name): array for name, array in arrays.items() if _kind(name, array) == "images"}
    if not found:
        raise DataError(f"{path} holds {_listed(arrays)}; expected images, (N, H, W) or (N, H, W, C)")
    return _as_bytes(_images(found.get("test", next(iter(found.values()))), path)[0], path)


def _one(path: Path) -> dict[str, NDArray[np.generic]]:
    arrays = read_arrays(path)
    return arrays if len(arrays) == 1 else {}


def _load(arrays: Arrays, path: Path, name: str, options: LoadOptions) -> Dataset:
    pairs, kept = _pairs(arrays, path)
    named = classes_named(pairs["train"][1], str(path))
    names = named or kept
    notes: list[str] = []
    splits = {part: _split(*pair, named, path, notes) for part, pair in pairs.items()}
    if names:
        splits, names, turned = upright_classes(splits, path, names, options.kind)
    else:
        splits, names, turned = upright_numbers(splits, path, options.kind)
    if unused := sorted(set(arrays) - _used(arrays, pairs, kept)):
        notes.append(f"not used: {', '.join(unused)}")
    notes = [*dict.fromkeys(notes), *turned]
    return from_labelled_images(
        name, splits["train"], splits.get("test"), validation=splits.get("validation"), source=str(path),
        seed=options.seed, kind=options.kind, class_names=names, path=str(path.resolve()),
        hold_out=options.hold_out, notes=notes,
    )  # fmt: skip


def _used(arrays: Arrays, pairs: Mapping[str, Pair], kept: tuple[str, ...] | None) -> set[str]:
    taken = {id(array) for pair in pairs.values() for array in pair}
    names = {name for name in arrays if kept and name.lower() in _NAMES}
    return {name for name, array in arrays.items() if id(array) in taken} | names


def _pairs(arrays: Arrays, path: Path) -> tuple[dict[str, Pair], tuple[str, ...] | None]:
    """(images, labels) of each part, and the classes' names if an array of theirs is there."""
    most = max((len(array) for array in arrays.values() if array.ndim), default=0)
    # As many names as images are those of files.
    kept = next(
        (
            classes_in_order(array, path)
            for name, array in arrays.items()
            if name.lower() in _NAMES and array.ndim == 1 and array.dtype.kind in "US" and len(array) < most
        ),
        None,
    )
    found = _unnamed(arrays)
    if not found:
        others = {name: array for name, array in arrays.items() if name.lower() not in _NAMES}
        found = _by_name(others)
        _add_by_shape(others, found, path)
    use = settled(set(found))
    pairs = {
        use.get(part, part): (both["images"], both["labels"])
        for part, both in found.items()
        if len(both) == 2
    }
    if "train" not in pairs and len(pairs) == 1:  # a test part alone is what is there to be evaluated
        pairs = {"train": next(iter(pairs.values()))}
    if "train" not in pairs:
        raise DataError(f"{path} holds {_listed(arrays)}; expected {_KEYS}")
    return pairs, kept


def classes_in_order(array: NDArray[np.generic], path: Path) -> tuple[str, ...]:
    """The names of an array of them, in its order.

    Raises:
        DataError: a name that is empty or not printable.
    """
    classes_named(array, str(path))
    return tuple(str(one, "utf-8") if isinstance(one, bytes) else str(one) for one in array.tolist())


def _unnamed(arrays: Arrays) -> dict[str, dict[str, NDArray[np.generic]]]:
    """The images and labels of `np.savez(x, y)` or of four arrays; of none where arrays have names.

    The images are those with the most axes, training and test part in this order.
    """
    if set(arrays) not in ({"arr_0", "arr_1"}, {"arr_0", "arr_1", "arr_2", "arr_3"}):
        return {}
    every = [arrays[name] for name in sorted(arrays)]
    most = max(array.ndim for array in every)
    images = [array for array in every if array.ndim == most]
    labels = [array for array in every if array.ndim < most]
    if len(images) != len(labels):  # one-hot labels have as many axes as flat images
        images, labels = every[::2], every[1::2]
    return {
        part: {"images": x, "labels": y}
        for part, x, y in zip(("train", "test"), images, labels, strict=False)
    }


def _by_name(arrays: Arrays) -> dict[str, dict[str, NDArray[np.generic]]]:
    """The images and labels of each part that are called so; the first of several."""
    found: dict[str, dict[str, NDArray[np.generic]]] = {}
    for name, array in arrays.items():
        if kind := _named_kind(name, array):
            found.setdefault(_part(name) or "train", {}).setdefault(kind, array)
    return found


def _add_by_shape(arrays: Arrays, found: dict[str, dict[str, NDArray[np.generic]]], path: Path) -> None:
    """Adds what no name says: of each part the one array that can be its images, or its labels.

    Raises:
        DataError: there are several.
    """
    for part in {_part(name) or "train" for name in arrays}:
        for kind in ("images", "labels"):
            alike = [
                name
                for name, array in arrays.items()
                if (_part(name) or "train") == part
                and _named_kind(name, array) is None
                and _kind_by_shape(array) == kind
            ]
            if kind in found.get(part, {}) or not alike:
                continue
            if len(alike) > 1:
                raise DataError(
                    f"{path} holds {_listed(arrays)}, of which {' and '.join(alike)} may be the {kind}; "
                    f"expected {_KEYS}: call the right one {kind}"
                )
            found.setdefault(part, {})[kind] = arrays[alike[0]]


def _kind(name: str, array: NDArray[np.generic]) -> str | None:
    """Whether an array is images or labels, by its name, and by its shape where the name says nothing."""
    return _named_kind(name, array) or _kind_by_shape(array)


def _named_kind(name: str, array: NDArray[np.generic]) -> str | None:
    said = {word for word in words(name) if part_word(word) is None}
    if said & _LABELS and array.ndim in (1, 2):
        return "labels"
    return "images" if said & _IMAGES and array.ndim >= 1 else None


def _kind_by_shape(array: NDArray[np.generic]) -> str | None:
    if array.ndim in (3, 4):
        return "images"
    return "labels" if array.ndim == 1 and len(array) > 1 and array.dtype.kind in "iufUS" else None


def _part(name: str) -> str | None:
    return next((part for word in words(name) if (part := part_word(word))), None)


def _rest(name: str) -> tuple[str, ...]:
    """What a name says but for the part and whether it holds images or labels."""
    return tuple(word for word in words(name) if not (part_word(word) or word in _IMAGES | _LABELS))


def _images(array: NDArray[np.generic], path: Path) -> tuple[NDArray[np.generic], list[str]]:
    """Images with their channels last, (N, H, W, C), and notes."""
    notes: list[str] = []
    if array.ndim == 2 and array.size:
        side, rgb_side = round(array.shape[1] ** 0.5), round((array.shape[1] / 3) ** 0.5)
        if side >= 8 and side * side == array.shape[1]:
            array = array.reshape(-1, side, side)
        elif rgb_side >= 8 and 3 * rgb_side * rgb_side == array.shape[1]:
            array, notes = rgb_images(array, rgb_side)
    if array.ndim == 3:
        array = array[..., None]
    elif array.ndim == 4 and array.shape[1] in (1, 3) and array.shape[3] not in (1, 3):
        array = array.transpose(0, 2, 3, 1)
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or array.size == 0:
        raise DataError(
            f"{path} holds images of shape {array.shape}; expected (N, H, W), (N, H, W, 1) or (N, H, W, 3)"
        )
    return array, notes


def _split(
    images: NDArray[np.generic],
    labels: NDArray[np.generic],
    names: tuple[str, ...] | None,
    path: Path,
    notes: list[str],
) -> Split:
    images, said = _images(images, path)
    labels = _flat(labels)
    notes += said
    if labels.shape != (len(images),):
        raise DataError(
            f"{path} holds labels of shape {labels.shape} for {len(images):,} images; "
            f"expected ({len(images)},): a whole number or a name for each image, or one-hot rows"
        )
    labels = np.array(labels)
    whole = as_labels(labels, str(path)) if names is None else as_numbers(labels, names, str(path))
    pixels = np.ascontiguousarray(_as_bytes(images, path))
    if isinstance(images, np.memmap) and np.may_share_memory(pixels, images):
        pixels = np.array(pixels)  # the file may be written anew while it is trained on
    return Split(pixels, whole)


def _as_bytes(images: NDArray[np.generic], path: Path) -> NDArray[np.uint8]:
    try:
        pixels = as_batch(images, PixelSpec(*images.shape[1:]))
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    check_range(images, pixels, str(path))
    return pixels


def _flat(labels: NDArray[np.generic]) -> NDArray[np.generic]:
    """Labels (N,), also where they are (N, 1), one-hot (N, C), or whole numbers kept as floats."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    elif labels.ndim == 2 and labels.dtype.kind in "iufb":
        ones = labels == 1
        if labels.size and (ones.sum(axis=1) == 1).all() and ((labels == 0) | ones).all():
            return np.asarray(ones.argmax(axis=1), np.int64)
    if (
        labels.dtype.kind == "f"
        and labels.size
        and np.isfinite(labels).all()
        and (labels == np.rint(labels)).all()
    ):
        return labels.astype(np.int64)
    return labels


def _listed(arrays: Arrays) -> str:
    return ", ".join(f"{name} {array.shape}" for name, array in list(arrays.items())[:8]) or "nothing"
