"""What a careful person looks at before a training: images that are copies, unreadable, or unlike the others.

On MNIST, 70,000 images, it takes seconds (benchmarks/data_check.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.audit.duplicate_images import exact_copies, near_copies
from inklens.audit.image_properties import (
    ImageProperties,
    properties_of,
    properties_of_files,
    standing_out,
)
from inklens.audit.label_issues import LabelIssues
from inklens.datasets import Dataset, Split

# What a finding is called: whether it is serious, and what it means.
KINDS: dict[str, tuple[bool, str]] = {
    "unreadable": (True, "a file that cannot be decoded"),
    "leak": (True, "an image of one part that is in another part too"),
    "contradiction": (True, "the same image with two labels"),
    "polarity": (True, "dark on light where the others are light on dark, or the other way round"),
    "lone class": (True, "a class with one image only"),
    "label": (True, "a label that networks contradict which did not learn the image"),
    "duplicate": (False, "the same image twice in one part"),
    "near-duplicate": (False, "nearly the same image twice"),
    "size": (False, "another size than nearly all others"),
    "colour": (False, "colour where nearly all others are grey, or the other way round"),
    "balance": (False, "a class with less than a tenth of the images of the largest"),
}
_FEW = 0.1  # of the largest class
_MOST = 0.2  # mean of 1 and -1: three in five are one of them
_FEW_LABELS = 0.01  # of the images: labels that are doubtful in any data set


@dataclass(frozen=True)
class Finding:
    """One image, or one class, that something is to be said of.

    Args:
        kind: one of `KINDS`.
        part: "train", "test" or "validation".
        index: its position in that part; None for a class or a file that is in none.
        name: its file, or the class.
        label: the name of its class.
        other: what it is a copy of, as "part index" or a file.
        detail: what is wrong, where the kind does not say it all.
    """

    kind: str
    part: str
    index: int | None
    name: str
    label: str
    other: str = ""
    detail: str = ""


@dataclass(frozen=True)
class DataCheck:
    """All that was found in a data set, in how many images, and whether these are of writing."""

    images: int
    findings: tuple[Finding, ...]
    is_writing: bool

    @property
    def serious_kinds(self) -> frozenset[str]:
        """What a training should wait for: doubtful labels only where they are many, polarity of writing."""
        kinds = {kind for kind, (serious, _) in KINDS.items() if serious}
        if self.counts["label"] < _FEW_LABELS * self.images:
            kinds.discard("label")
        if not self.is_writing:  # a photo may well be dark
            kinds.discard("polarity")
        return frozenset(kinds)

    @property
    def serious(self) -> tuple[Finding, ...]:
        """The findings for which a training should wait."""
        kinds = self.serious_kinds
        return tuple(one for one in self.findings if one.kind in kinds)

    @property
    def counts(self) -> Counter[str]:
        """How many findings there are of each kind."""
        return Counter(one.kind for one in self.findings)


def examine(data: Dataset, issues: LabelIssues | None = None) -> DataCheck:
    """Looks at every image of a data set.

    Args:
        issues: doubtful labels of its training part; see `inklens.audit.audit_labels`.
    """
    parts = {name: split for name, split in data.parts.items() if len(split)}
    findings = [
        *(Finding("unreadable", "", None, name, "", detail=what) for name, what in data.unusable),
        *_copies(data, parts),
        *_unlike(data, parts),
        *_classes(data),
        *(_doubtful(data, issues) if issues is not None else ()),
    ]
    order = list(KINDS)
    findings.sort(key=lambda one: order.index(one.kind))
    return DataCheck(sum(map(len, parts.values())), tuple(findings), data.kind == "writing")


class _Places:
    """Images of all parts, counted through."""

    def __init__(self, data: Dataset, parts: dict[str, Split]) -> None:
        self._data, self._parts, self._names = data, parts, list(parts)
        self._starts = np.cumsum([0, *map(len, parts.values())])

    def part(self, number: int) -> str:
        return self._names[int(np.searchsorted(self._starts, number, "right")) - 1]

    def index(self, number: int) -> int:
        return number - int(self._starts[self._names.index(self.part(number))])

    def label(self, number: int) -> int:
        return int(self._parts[self.part(number)].labels[self.index(number)])

    def name(self, number: int) -> str:
        part, index = self.part(number), self.index(number)
        return self._parts[part].file(index) or f"{part} {index}"

    def finding(self, kind: str, number: int, other: int | None = None, detail: str = "") -> Finding:
        label = self._data.class_names[self.label(number)]
        copied = "" if other is None else self.name(other)
        return Finding(kind, self.part(number), self.index(number), self.name(number), label, copied, detail)


def _copies(data: Dataset, parts: dict[str, Split]) -> Iterator[Finding]:
    splits, places = list(parts.values()), _Places(data, parts)
    exact = exact_copies(splits)
    copies = set(exact[:, 0].tolist())
    for number, other in exact.tolist():
        if places.part(number) != places.part(other):
            yield places.finding("leak", number, other)
        if places.label(number) != places.label(other):
            label = data.class_names[places.label(other)]
            yield places.finding("contradiction", number, other, f"the other one has the label {label}")
        elif places.part(number) == places.part(other):
            yield places.finding("duplicate", number, other)
    said: set[int] = set()
    for number, other in near_copies(splits).tolist():
        if number not in copies and number not in said:  # one word for each image
            said.add(number)
            across = places.part(number) != places.part(other)
            yield places.finding("near-duplicate", number, other, "across two parts" if across else "")


def _unlike(data: Dataset, parts: dict[str, Split]) -> Iterator[Finding]:
    """Sizes and colours are those of the files, where there are any: in the data set all are alike."""
    places = _Places(data, parts)
    looked = _looked_at(data, parts)
    seen = [number for number, one in enumerate(looked) if one is not None]
    known = [one for one in looked if one is not None]
    for kind, values in (("size", [one.size for one in known]), ("colour", [one.colour for one in known])):
        for position in standing_out(list(values)):
            yield places.finding(kind, seen[position], detail=_said(known[position], kind))
    clear = [(number, one) for number, one in zip(seen, known, strict=True) if one.polarity]
    polarities = [one.polarity for _, one in clear]
    inverted = _inverted_parts([places.part(number) for number, _ in clear], np.array(polarities))
    for position in sorted({*standing_out(list(polarities)), *inverted}):
        number, one = clear[position]
        yield places.finding("polarity", number, detail=_said(one, "polarity"))


def _inverted_parts(parts: list[str], polarities: NDArray[np.int64]) -> list[int]:
    """The positions of images that are as most of their part is, where most of the training part is not."""
    part_of, most = np.array(parts), dict.fromkeys(parts, 0)
    for part in most:
        mean = polarities[part_of == part].mean()
        most[part] = int(np.sign(mean)) * (abs(mean) >= _MOST)
    train = most.get("train", 0)
    inverted = [
        train * most[part] < 0 and one == most[part] for part, one in zip(parts, polarities, strict=True)
    ]
    return np.flatnonzero(inverted).tolist()


def _said(one: ImageProperties, what: str) -> str:
    if what == "size":
        return "{}x{}".format(*one.size)
    if what == "colour":
        return "in colour" if one.colour else "grey"
    return "light on dark" if one.polarity > 0 else "dark on light"


def _looked_at(data: Dataset, parts: dict[str, Split]) -> list[ImageProperties | None]:
    looked: list[ImageProperties | None] = []
    for split in parts.values():
        if split.files is not None and (root := Path(data.path or "")).is_dir():
            looked += properties_of_files([root / str(split.file(index)) for index in range(len(split))])
        else:
            looked += [properties_of(image) for image in split.whole()]
    return looked


def _classes(data: Dataset) -> Iterator[Finding]:
    sizes = np.bincount(data.train.labels, minlength=data.classes)
    for label, size in enumerate(sizes.tolist()):
        name, detail = data.class_names[label], f"{size} of at most {sizes.max():,} training images"
        if size == 1:
            yield Finding("lone class", "train", None, name, name, detail=detail)
        elif 0 < size < _FEW * sizes.max():
            yield Finding("balance", "train", None, name, name, detail=detail)


def _doubtful(data: Dataset, issues: LabelIssues) -> Iterator[Finding]:
    places = _Places(data, {"train": data.train})
    for index, suggested, confidence in zip(issues.indices, issues.suggested, issues.confidence, strict=True):
        detail = f"rather {data.class_names[int(suggested)]} ({100 * confidence:.0f}%)"
        yield places.finding("label", int(index), detail=detail)
