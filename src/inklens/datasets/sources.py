"""The table of data sources, and `load`: a name or a path in, a `Dataset` out.

A new form of data is one file with a loader and one entry in `SOURCES`; a new set with a name is one entry in
`inklens.datasets.named.NAMED`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from inklens.datasets.dataset import FRAMING_OF, KINDS, Dataset
from inklens.datasets.formats.archives import is_archive, load_archive
from inklens.datasets.formats.array_files import is_arrays
from inklens.datasets.formats.idx import is_idx, load_idx_folder
from inklens.datasets.formats.image_trees import load_folder
from inklens.datasets.formats.npz import is_array_folder, load_array_folder, load_arrays
from inklens.datasets.formats.table_sets import is_one_table, is_table_folder, load_table, load_table_folder
from inklens.datasets.layout.added_images import add_images
from inklens.datasets.named import NAMED, load_mnist, load_sample
from inklens.datasets.options import LoadOptions
from inklens.datasets.places import own_trees
from inklens.errors import DataError, DownloadError, MissingPackageError, OptionError
from inklens.pixels.spec import LARGEST_SIDE


@dataclass(frozen=True)
class Source:
    """A form that data at a path can have.

    Args:
        name: with its article, for messages.
        detect: whether what lies at a path that exists has this form.
        load: reads it. What is returned need not have the size, channels and framing that were asked for.
    """

    name: str
    detect: Callable[[Path], bool]
    load: Callable[[Path, LoadOptions], Dataset]


TAKEN_BY_NAME = "is the data set of that name"  # in the note that a path of the same name is not read

# The first one that detects its form loads it.
SOURCES = (
    Source("an IDX folder", is_idx, load_idx_folder),
    Source("a folder of CSV, JSON Lines or Parquet files", is_table_folder, load_table_folder),
    Source("a folder of .npz or .npy files", is_array_folder, load_array_folder),
    Source("a folder with one folder of images for each class", Path.is_dir, load_folder),
    Source("an .npz or .npy file", is_arrays, load_arrays),
    Source("a CSV, JSON Lines or Parquet file, or a text file of names and labels", is_one_table, load_table),
    Source("a .zip or .tar file of such folders", is_archive, load_archive),
)


def load(
    data: str | Path,
    *,
    kind: str | None = None,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    framing: str | None = None,
    seed: int = 0,
    hold_out: bool = True,
    strict: bool = False,
    unusable_share: float = 0.01,
    add: str | Path | None = None,
) -> Dataset:
    """Load a data set by its name or its path.

    A name wins over a folder or file that is called the same, and a note says so: "./mnist" is the
    folder. A tree in INKLENS_DATA/folders can be given by its name.

    Args:
        data: "mnist", "sample", "fashion-mnist", "kmnist", "emnist-balanced" (or another of its splits),
            "cifar10", "cifar100", or a path: a folder of IDX files, a folder with a folder of
            images for each class (perhaps below train, test and validation), such a folder as a .zip or .tar
            file, a CSV, JSON Lines or Parquet file, or an .npz file.
        kind: "writing" or "things"; None looks at the images of data without a name of their own, and a note
            says what was decided. Named data have their kind.
        size: (height, width) to bring every image to, 8 to 1024 each; None keeps what there is,
            for image files the size that they share (up to 128 pixels a side), else their median size
            scaled down to at most 64.
        channels: 1 (grey) or 3 (RGB); None keeps what there is, for image files what most of them have.
        framing: how an image is brought to `size`; None for "ink" with writing, else "pad". MNIST, the sample
            and IDX folders count as framed by those who made them.
        seed: of the fifth that is held out as test part where the data have none; 0 or more.
        hold_out: False holds nothing out: the test part is empty where the data have none. So a few images of
            one class can be evaluated.
        strict: refuse the first image file that cannot be used, rather than skip up to 1% of them.
        unusable_share: skip up to this share of the image files, 0 to 1; with 1, data are loaded as long as
            any image can be used, though parts or classes may be empty.
        add: a folder of one's own images, such as `inklens corrections export` writes, that are learnt from
            too; see `inklens.datasets.layout.added_images`.

    Raises:
        DataError: no such data, or data that cannot be used.
        OptionError: a value out of range.

    Example:
        >>> print(load("sample"))
    """
    if kind not in (None, *KINDS):
        raise OptionError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    if kind is not None:
        framing = framing or FRAMING_OF[kind]
    options = LoadOptions(kind, size, channels, framing, seed, hold_out, strict, unusable_share)
    if str(data) in NAMED:
        dataset = _load_named(str(data))
        dataset = dataset.framed_by_maker(framing or FRAMING_OF[dataset.kind])
    else:
        dataset = _load_path(data, options)
        framing = framing or FRAMING_OF[dataset.kind]
    dataset = dataset.reframed(size, channels, framing)
    if max(dataset.spec.height, dataset.spec.width) > LARGEST_SIDE:
        raise DataError(
            f"{dataset.name} has images of {dataset.spec.height}x{dataset.spec.width}; "
            f"expected at most {LARGEST_SIDE} pixels a side: give a smaller size"
        )
    dataset = replace(dataset, kind=kind or dataset.kind, seed=int(seed), hold_out=hold_out)
    return dataset if add is None else _with_added(dataset, add, strict)


def load_default() -> Dataset:
    """MNIST, or the embedded sample where MNIST is available nowhere; its last note then says so.

    Raises:
        DataError: MNIST lies in INKLENS_DATA but is damaged.
        MissingPackageError: there is neither MNIST nor the sample.
    """
    framing = FRAMING_OF["writing"]
    try:
        return load_mnist().framed_by_maker(framing)
    except (DownloadError, MissingPackageError) as error:
        sample = load_sample().framed_by_maker(framing)
        note = (
            f"MNIST is neither in INKLENS_DATA nor in the cache, and {error}; "
            "going on with the embedded sample of 5,000 digits"
        )
        return replace(sample, notes=(*sample.notes, note))


def _with_added(dataset: Dataset, add: str | Path, strict: bool) -> Dataset:
    """The data with the images of a folder, which are brought to their spec."""
    spec = dataset.spec
    own = load(
        add, kind=dataset.kind, size=(spec.height, spec.width), channels=spec.channels, framing=spec.framing,
        hold_out=False, strict=strict,
    )  # fmt: skip
    return add_images(dataset, own, add)


def _load_named(name: str) -> Dataset:
    """The data set of this name; that a path of the same name is hidden by it is its last note."""
    hidden, found = Path(name), NAMED[name].find()
    if not hidden.exists() or (found is not None and hidden.resolve() == found.resolve()):
        return NAMED[name].load()
    what = "folder" if hidden.is_dir() else "file"
    note = f"{name} {TAKEN_BY_NAME}, not the {what} {name} here: give ./{name} for that"
    try:
        dataset = NAMED[name].load()
    except DataError as error:
        raise type(error)(f"{error}; {note}") from error
    return replace(dataset, notes=(*dataset.notes, note))


def _load_path(data: str | Path, options: LoadOptions) -> Dataset:
    path = _existing(data)
    for source in SOURCES:
        if source.detect(path):
            return source.load(path, options)
    *others, last = [source.name for source in SOURCES]
    raise DataError(f"{data} is a file of another kind; expected {', '.join(others)}, or {last}")


def _existing(data: str | Path) -> Path:
    """The folder or file that is meant."""
    name, trees = str(data), own_trees()
    try:
        path = Path(data).expanduser()
        if path.exists():
            return path
        if name in trees:
            return trees[name]
        beside = [str(path.with_name(other.name)) for other in path.parent.glob("*")] if path.name else []
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(
            f"{name} cannot be looked into ({error}); expected a name or a readable path"
        ) from error
    near = get_close_matches(name, [*NAMED, *trees, *beside], n=3)
    hint = f": did you mean {' or '.join(near)}?" if near else ""
    *others, last = [f"of {source.name}" for source in SOURCES]
    raise DataError(
        f"there are no data called {name}; expected {', '.join(NAMED)}, or the path {', '.join(others)}, "
        f"or {last}{hint}"
    )
