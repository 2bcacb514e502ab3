"""The one form in which every data set travels through the house."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.kind import kind_by_look, looked_at
from inklens.datasets.labels import count_labels, listed
from inklens.datasets.splits import AddedImages, Split, hold_out_test, joined, no_images, stratified_split
from inklens.datasets.trees import some_of
from inklens.errors import DataError, OptionError
from inklens.pixels import PixelSpec, frame
from inklens.printable import printable

KINDS = ("writing", "things")
FRAMING_OF = {"writing": "ink", "things": "pad"}


class Arrays(NamedTuple):
    """Images as float32 in [0, 1], labels one-hot float32 (N, classes) or int64 (N,)."""

    x_train: NDArray[np.float32]
    y_train: NDArray[np.float32] | NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.float32] | NDArray[np.int64]

    def __str__(self) -> str:
        lines = [f"{name:<8} {array.dtype} {array.shape}" for name, array in self._asdict().items()]
        classes = self.y_train.shape[1] if self.y_train.ndim == 2 else int(self.y_train.max()) + 1
        return "\n".join([*lines, f"{'classes':<8} {classes}"])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with labels, divided into train, test and perhaps validation.

    Args:
        name: what it was asked for by.
        kind: "writing" or "things".
        class_names: one for each label, in the labels' order.
        spec: size, channels and framing that every image here has been brought to, by Inklens or by those
            who made the data.
        source: where it lies, for people.
        notes: what its user should know, one line each.
        path: the absolute path to load it from again; None for a set that has a name.
        seed: of the fifth that is held out as test part where the data have none.
        hold_out: whether it is; otherwise the test part may be empty.
        unusable: of a tree of image files, (path below it, what is wrong) of each that was left out.
        added: images of one's own that are in the training part; see `load`.
    """

    name: str
    kind: str
    class_names: tuple[str, ...]
    spec: PixelSpec
    train: Split
    test: Split
    validation: Split | None
    source: str
    notes: tuple[str, ...] = ()
    path: str | None = None
    seed: int = 0
    hold_out: bool = True
    unusable: tuple[tuple[str, str], ...] = ()
    added: AddedImages | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise OptionError(f"kind is {self.kind!r}; expected one of {', '.join(KINDS)}")

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of every image."""
        return self.spec.shape

    @property
    def parts(self) -> dict[str, Split]:
        """The splits that exist, by name."""
        parts = {"train": self.train, "test": self.test, "validation": self.validation}
        return {name: split for name, split in parts.items() if split is not None}

    def part(self, name: str) -> Split:
        """One of `parts`, or "all" of them as one split.

        Raises:
            OptionError: there is no such part.
        """
        if name == "all":
            return joined([split for split in self.parts.values() if len(split)])
        if name not in self.parts:
            raise OptionError(
                f"{self.name} has no part {name!r}; expected one of {', '.join(self.parts)}, or all"
            )
        return self.parts[name]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the class names and every split's images and labels, in hexadecimal."""
        lines = [*self.class_names, *(f"{name} {split.digest}" for name, split in self.parts.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def arrays(
        self,
        data_format: Literal["channels_last", "channels_first"] = "channels_last",
        one_hot: bool = True,
    ) -> Arrays:
        """Train and test in memory, prepared as the tutorials do it.

        Args:
            data_format: "channels_last" for images (N, H, W, C), "channels_first" for (N, C, H, W).
            one_hot: labels as float32 (N, classes) rather than int64 (N,).

        Raises:
            OptionError: an unknown `data_format`.
        """
        if data_format not in ("channels_last", "channels_first"):
            raise OptionError(f"data_format is {data_format!r}; expected 'channels_last' or 'channels_first'")
        x: list[NDArray[np.float32]] = []
        for split in (self.train, self.test):
            images = split.whole()
            if data_format == "channels_first":
                images = images.transpose(0, 3, 1, 2)
            x.append(np.divide(images, np.float32(255), dtype=np.float32, order="C"))
        y_train, y_test = self.train.labels, self.test.labels
        if not one_hot:
            return Arrays(x[0], y_train, x[1], y_test)
        columns = np.eye(self.classes, dtype=np.float32)
        return Arrays(x[0], columns[y_train], x[1], columns[y_test])

    def split_validation(self, share_or_count: float | int, seed: int) -> tuple[Split, Split]:
        """(train, validation), both out of `train`; see `stratified_split`.

        Images that were added stay in the first part: each is there several times, and would be in both.
        """
        if self.added is None:
            return stratified_split(self.train, share_or_count, seed)
        places = np.arange(len(self.train))
        before = len(places) - self.added.learnt * self.added.repeats
        rest, validation = stratified_split(self.train.take(places[:before]), share_or_count, seed)
        return joined([rest, self.train.take(places[before:])]), validation

    def with_test_part(self, seed: int) -> "Dataset":
        """This data set as `load` gives it with `hold_out`: itself if it has a test part already.

        Raises:
            DataError: too few images.
        """
        if len(self.test):
            return self
        train, test, note = hold_out_test(self.train, seed)
        return replace(self, train=train, test=test, notes=(*self.notes, note), seed=seed, hold_out=True)

    def framed_by_maker(self, framing: str) -> "Dataset":
        """This data set, its images taken for framed in this way by those who made it."""
        return replace(self, spec=replace(self.spec, framing=framing))

    def reframed(self, size: tuple[int, int] | None, channels: int | None, framing: str | None) -> "Dataset":
        """This data set with every image brought to another spec, in memory; None keeps what there is.

        Images whose framing is "ink" already are not framed again, unless their size changes.

        Raises:
            OptionError: a size, channel count or framing that does not exist.
            ImageError: framing is "none" and the size differs.
        """
        height, width = size or (self.spec.height, self.spec.width)
        spec = PixelSpec(height, width, channels or self.spec.channels, framing or self.spec.framing)
        to_ink = spec.framing == "ink" != self.spec.framing
        if spec.shape == self.spec.shape and not to_ink:
            return replace(self, spec=spec)
        parts: dict[str, Split] = {}
        for name, split in self.parts.items():
            images = np.empty((len(split), *spec.shape), np.uint8)
            for position, image in enumerate(split.whole()):
                images[position] = frame(image, spec)
            parts[name] = Split(images, split.labels)
        return replace(
            self, spec=spec, train=parts["train"], test=parts["test"], validation=parts.get("validation")
        )

    def __str__(self) -> str:
        height, width, channels = self.image_shape
        counts = ", ".join(f"{len(split):,} {name}" for name, split in self.parts.items())
        lines = [
            f"{self.name} ({self.kind})",
            f"  images   {counts}; {height}x{width}, {'grey' if channels == 1 else 'RGB'}",
            f"  classes  {self.classes:,}: {some_of(self.class_names)}",
            f"  source   {self.source}",
            *(f"  note     {note}" for note in self.notes),
        ]
        return "\n".join(map(printable, lines))


def _absent(names: Sequence[str], sizes: NDArray[np.int64], test: Split | None) -> str:
    """The note about classes that cannot be learnt."""
    lost = 0 if test is None else int((sizes[test.labels] == 0).sum())
    count = (
        f"; the {lost} test image{'s' * (lost > 1)} of {'them' if len(names) > 1 else 'it'} will be errors"
    )
    return f"no training image has the label {listed(names)}{count if lost else ''}"


def from_labelled_images(
    name: str,
    train: Split,
    test: Split | None,
    *,
    source: str,
    seed: int,
    kind: str | None = None,
    class_names: Sequence[str] | None = None,
    path: str | None = None,
    hold_out: bool = True,
    validation: Split | None = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """A data set of images and labels that have been read; without `test`, a fifth of `train` is held out.

    Args:
        kind: "writing" or "things"; None looks at the training images.
        class_names: one for each label; None names each label by its number.
        path: where it can be loaded from again.
        hold_out: False holds nothing out, and takes one class and labels with gaps too.
        validation: a part that the data themselves hold out.
        notes: what the user should know already.

    Raises:
        DataError: labels out of range or with gaps, one class only, or images of different shapes.
    """
    sizes = count_labels(
        name,
        train.labels,
        None if test is None else test.labels,
        len(class_names) if class_names else None,
        to_train=hold_out,
    )
    named = tuple(class_names or map(str, range(len(sizes))))
    for part, split in (("test", test), ("validation", validation)):
        if split is not None and split.images.shape[1:] != train.images.shape[1:]:
            raise DataError(
                f"{name} has training images of {train.images.shape[1:]} and {part} images of "
                f"{split.images.shape[1:]}; expected one shape for both: bring them to it"
            )
    if validation is not None:
        count_labels(name, train.labels, validation.labels, len(named), to_train=hold_out, part="validation")
    notes = list(notes)
    looked: list[str] = []
    if kind is None:
        kind, *looked = kind_by_look(train.batch(looked_at(len(train))))
    if hold_out and not sizes.all():
        notes.append(_absent([named[label] for label in np.flatnonzero(sizes == 0)], sizes, test))
    if test is None and hold_out:
        train, test, note = hold_out_test(train, seed)
        notes.append(note)
    test = no_images(train) if test is None else test
    spec = PixelSpec(*train.images.shape[1:])
    return Dataset(name, kind, named, spec, train, test, validation, source, (*notes, *looked), path)
