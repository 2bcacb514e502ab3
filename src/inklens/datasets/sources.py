"""The door: a name or a path in, a `Dataset` out."""

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from inklens.datasets.dataset import FRAMING_OF, KINDS, Dataset
from inklens.datasets.folders import load_folder
from inklens.datasets.idx import idx_pairs, load_idx_folder
from inklens.datasets.named import load_fashion, load_mnist, load_named_mnist
from inklens.datasets.npz import load_npz
from inklens.datasets.places import own_trees
from inklens.datasets.sample import load_sample
from inklens.errors import DataError, DownloadError, MissingPackageError, OptionError
from inklens.pixels import PixelSpec
from inklens.pixels.spec import LARGEST_SIDE, SMALLEST_SIDE, check_size

_NAMED = {"mnist": load_named_mnist, "sample": load_sample, "fashion-mnist": load_fashion}
NAMES = tuple(_NAMED)
SAMPLE_NOTE = (
    "MNIST is neither in INKLENS_DATA nor in the cache, and {reason}; "
    "going on with the embedded sample of 5,000 digits"
)


def load(
    data: str | Path,
    *,
    kind: str | None = None,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    framing: str | None = None,
    seed: int = 0,
    strict: bool = False,
) -> Dataset:
    """Load a data set by its name or its path.

    A name wins over a folder that is called the same: "./mnist" is the folder. A tree in INKLENS_DATA/folders
    can be given by its name.

    Args:
        data: "mnist", "sample", "fashion-mnist", or a path: a folder of IDX files, a folder with a folder of
            images for each class (perhaps below train, test and validation), or an .npz file.
        kind: "writing" or "things"; None for "writing" with MNIST and the sample, else "things".
        size: (height, width) to bring every image to, 8 to 1024 each; None keeps what there is,
            for image files the size that they share (up to 128 pixels a side), else their median size
            scaled down to at most 64.
        channels: 1 (grey) or 3 (RGB); None keeps what there is, for image files what most of them have.
        framing: how an image is brought to `size`; None for "ink" with writing, else "pad". MNIST, the sample
            and IDX folders count as framed by those who made them.
        seed: of the fifth that is held out as test part where the data have none.
        strict: refuse the first image file that cannot be used, rather than skip up to 1 % of them.

    Raises:
        DataError: no such data, or data that cannot be used.
        OptionError: a value out of range.

    Example:
        >>> print(load("sample"))
    """
    if kind not in (None, *KINDS):
        raise OptionError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    # Refuses what cannot be before any work is done.
    height, width = size or (SMALLEST_SIDE, SMALLEST_SIDE)
    check_size(height, width)
    PixelSpec(height, width, 1 if channels is None else channels, framing or "pad")
    if kind is not None:
        framing = framing or FRAMING_OF[kind]
    if str(data) in _NAMED:
        dataset = _NAMED[str(data)]()
        dataset = dataset.framed_by_maker(framing or FRAMING_OF[dataset.kind])
    else:
        dataset = _load_path(_existing(data), size, channels, framing, seed, strict)
    dataset = dataset.reframed(size, channels, framing)
    if max(dataset.spec.height, dataset.spec.width) > LARGEST_SIDE:
        raise DataError(
            f"{dataset.name} has images of {dataset.spec.height}x{dataset.spec.width}; "
            f"expected at most {LARGEST_SIDE} pixels a side: give a smaller size"
        )
    return replace(dataset, kind=kind or dataset.kind)


def _load_path(
    path: Path,
    size: tuple[int, int] | None,
    channels: int | None,
    framing: str | None,
    seed: int,
    strict: bool,
) -> Dataset:
    if path.is_file():
        return load_npz(path, seed=seed)
    if not idx_pairs(path):
        return load_folder(path, size=size, channels=channels, framing=framing, seed=seed, strict=strict)
    dataset = load_idx_folder(path, name=path.resolve().name, seed=seed)
    return dataset.framed_by_maker(framing or dataset.spec.framing)


def load_default() -> Dataset:
    """MNIST, or the embedded sample where MNIST can be had nowhere; its last note then says so.

    Raises:
        DataError: MNIST lies in INKLENS_DATA but is damaged.
        MissingPackageError: there is neither MNIST nor the sample.
    """
    try:
        return _as_writing(load_mnist())
    except (DownloadError, MissingPackageError) as error:
        sample = _as_writing(load_sample())
        return replace(sample, notes=(*sample.notes, SAMPLE_NOTE.format(reason=error)))


def _as_writing(dataset: Dataset) -> Dataset:
    return dataset.framed_by_maker(FRAMING_OF["writing"])


def _existing(data: str | Path) -> Path:
    """The folder or .npz file that is meant."""
    name, trees = str(data), own_trees()
    try:
        path = Path(data).expanduser()
        if path.is_dir() or (path.is_file() and path.suffix.lower() == ".npz"):
            return path
        if path.exists():
            raise DataError(
                f"{name} is a file of another kind; expected a folder, or a file that ends in .npz"
            )
        if name in trees:
            return trees[name]
        beside = [str(path.with_name(other.name)) for other in path.parent.glob("*")] if path.name else []
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(
            f"{name} cannot be looked into ({error}); expected a name or a readable path"
        ) from error
    near = get_close_matches(name, [*_NAMED, *trees, *beside], n=3)
    hint = f": did you mean {' or '.join(near)}?" if near else ""
    raise DataError(
        f"there are no data called {name}; expected {', '.join(_NAMED)}, or the path of an IDX folder, "
        f"of a folder with one folder of images for each class, or of an .npz file{hint}"
    )
