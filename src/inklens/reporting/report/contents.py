"""All that a report says, gathered in one frozen dataclass before a word of HTML is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Split
from inklens.evaluation import (
    ClassScores,
    per_class_scores,
    reliability_curve,
    risk_coverage_curve,
    top_k_accuracy,
)
from inklens.evaluation.reliability import ECE_BINS
from inklens.printable import printable
from inklens.reporting.report import wording
from inklens.reporting.report.charts import Chart, coverage_chart, reliability_chart, training_charts
from inklens.reporting.report.matrix import Matrix, gallery, matrix_of
from inklens.reporting.report.pictures import LayerMaps, Picture, filters_sheet, map_sheets, thumbnail
from inklens.reporting.report.run_figures import RobustnessFigures, Sources
from inklens.reporting.report.settings_tables import Rows, data_rows, recipe_settings, rows, version_rows

TEN, WORST = 10, 20
_LARGE_SIDE = 128
SCROLLED_MATRIX = 20  # with more classes the confusion matrix has small cells, and is scrolled
_HEADING, _SHORT_HEADING = 18, 12  # letters of a class name beside the matrix


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network itself shows; arrays, so that nothing here needs a framework.

    Args:
        filters: float32 (height, width, in, out), the first convolution's.
        maps: for each of a few samples, the image uint8 (H, W, C), what it is, and its feature maps by layer,
            float32 (height, width, channels).
    """

    filters: NDArray[np.float32]
    maps: Sequence[tuple[NDArray[np.uint8], str, Mapping[str, NDArray[np.float32]]]] = ()


def telling_samples(sources: Sources) -> list[tuple[int, str]]:
    """Three images whose feature maps are worth a look, by number, and what they are.

    Two of different classes that came out right, and the wrong one that it was surest of.
    """
    right = sources.labels == sources.predicted
    _, first = np.unique(np.where(right, sources.labels, -1), return_index=True)
    chosen = [int(index) for index in np.sort(first) if right[index]][:2]
    wrong = np.flatnonzero(~right)
    if len(wrong):
        chosen.append(int(wrong[np.argmax(sources.confidence[wrong])]))
    return [(index, _said_of(sources, index)) for index in chosen]


def _said_of(sources: Sources, index: int) -> str:
    actual, predicted = (
        wording.shortened(sources.names[of[index]]) for of in (sources.labels, sources.predicted)
    )
    if actual == predicted:
        return f"A {actual}, rightly called so: {sources.part} image {index}"
    return f"A {actual} taken for {predicted}: {sources.part} image {index}"


@dataclass(frozen=True)
class Figure:
    """One of the figures that a person asks for first."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Example:
    """One image with what it was taken for."""

    number: int
    actual: str
    predicted: str
    right: bool
    confidence: str
    picture: Picture | None


@dataclass(frozen=True)
class Sample:
    """One image with what the layers make of it."""

    what: str
    picture: Picture
    layers: tuple[LayerMaps, ...]


@dataclass(frozen=True)
class Corruption:
    """The error on images that were spoilt in one way.

    Args:
        framed: the error when they are framed again; None where that changes nothing.
        width: the bar's, 0-100.
    """

    name: str
    error: str
    framed: str | None
    width: float


@dataclass(frozen=True)
class MemberRow:
    """One member of a committee, and how it fared by itself."""

    name: str
    network: str
    tta: str
    accuracy: str
    errors: str
    training: str


@dataclass(frozen=True, eq=False)
class Report:
    """Everything on the page, in its order.

    Args:
        headings: the class names, short enough to stand beside the confusion matrix.
        corrupted: what the corruptions were measured on.
        scrolled: whether the matrix has so many classes that it is scrolled.
    """

    name: str
    summary: str
    notes: tuple[str, ...]
    figures: tuple[Figure, ...]
    part: str
    pictured: bool
    names: tuple[str, ...]
    headings: tuple[str, ...]
    ten: tuple[Example, ...]
    training: tuple[Chart, ...]
    members: tuple[MemberRow, ...]
    matrix: Matrix
    scrolled: bool
    gallery: dict[str, list[list[int | float | str]]]
    classes: tuple[ClassScores, ...]
    worst: tuple[Example, ...]
    trust: tuple[Chart, ...]
    filters: Picture | None
    samples: tuple[Sample, ...]
    corruptions: tuple[Corruption, ...]
    corrupted: str
    recipe: Rows
    data: Rows
    versions: Rows
    reproduce: str
    written: str


def make_report(
    sources: Sources,
    *,
    images: Split | None,
    seen: Seen | None,
    reproduce: str,
    budget: int,
    notes: Sequence[str] = (),
) -> Report:
    """Everything that a report says.

    Args:
        images: what predictions.csv is about, in its order; None where it is not to be had.
        seen: filters and feature maps; None leaves them out.
        reproduce: the commands that make this run again.
        budget: bytes for the images that the cells of the confusion matrix open.
        notes: what the reader should know, a sentence each.
    """
    confusion = np.zeros((len(sources.names),) * 2, np.int64)
    np.add.at(confusion, (sources.labels, sources.predicted), 1)
    wrong = np.flatnonzero(sources.labels != sources.predicted)
    worst = wrong[np.argsort(-sources.confidence[wrong], kind="stable")][:WORST]
    n = len(sources.labels)
    scrolled = len(sources.names) > SCROLLED_MATRIX
    heading = _SHORT_HEADING if scrolled else _HEADING
    ten = np.sort(np.random.default_rng(0).choice(n, min(TEN, n), replace=False))
    return Report(
        name=wording.clean(sources.folder.path.resolve().name),
        summary=wording.clean(_summary(sources)),
        notes=tuple(wording.clean(note) for note in (*notes, *_run_notes(sources))),
        figures=_figures(sources),
        part=sources.part,
        pictured=images is not None,
        names=tuple(wording.shortened(name) for name in sources.names),
        headings=tuple(wording.shortened(name, heading) for name in sources.names),
        ten=_examples(sources, images, ten),
        training=training_charts(sources.history) if sources.history else (),
        members=_members(sources),
        matrix=matrix_of(confusion),
        scrolled=scrolled,
        gallery=gallery(sources, images, budget),
        classes=per_class_scores(sources.labels, sources.predicted, sources.names),
        worst=_examples(sources, images, worst),
        trust=(
            reliability_chart(reliability_curve(sources.probabilities, sources.labels, ECE_BINS)),
            coverage_chart(risk_coverage_curve(sources.confidence, sources.labels == sources.predicted)),
        ),
        filters=filters_sheet(seen.filters) if seen else None,
        samples=tuple(
            Sample(what, thumbnail(image, _LARGE_SIDE), map_sheets(maps))
            for image, what, maps in (seen.maps if seen else ())
        ),
        corruptions=_corruptions(sources.robustness),
        corrupted=_corrupted(sources.robustness),
        recipe=rows(recipe_settings(sources)),
        data=data_rows(sources),
        versions=version_rows(sources.environment),
        reproduce=printable(reproduce),
        written=str(sources.environment.get("date", "")),
    )


def _summary(sources: Sources) -> str:
    scores, recipe, data = _scores(sources), sources.recipe["recipe"], sources.recipe["data"]
    height, width, channels = (sources.recipe["pixels"][side] for side in ("height", "width", "channels"))
    colours = "grey" if channels == 1 else "colour"
    members = recipe.get("members", [])
    networks = f"A vote of {len(members)} networks" if members else recipe["network"]
    return (
        f"{networks} (preset {recipe['preset']}), trained on "
        f"{wording.plural(data['train'], f'{colours} image')} of {wording.shape((height, width))} from "
        f"{data['name']} to tell {len(sources.names):,} classes apart. "
        f"{wording.plural(scores['n'] - scores['correct'], f'{sources.part} image')} of "
        f"{scores['n']:,} came out wrong."
    )


def _run_notes(sources: Sources) -> list[str]:
    notes = [f"{note[:1].upper()}{note[1:]}." for note in sources.recipe["data"].get("notes", [])]
    if sources.part == "validation":
        notes.append("The test set stayed closed: every figure here is of the validation images.")
    confidence = sources.metrics.get("confidence") or {}
    if confidence.get("note"):
        notes.append(f"{str(confidence['note']).capitalize()}.")
    return notes


def _scores(sources: Sources) -> dict[str, Any]:
    return dict(sources.metrics[sources.part])


def _figures(sources: Sources) -> tuple[Figure, ...]:
    scores, training = _scores(sources), sources.metrics["training"]
    low, high = (f"{100 * end:.2f}" for end in scores["accuracy_interval_95"])
    errors = scores["n"] - scores["correct"]
    curve = reliability_curve(sources.probabilities, sources.labels, ECE_BINS)
    figures = [
        Figure(
            "Accuracy",
            wording.share(scores["accuracy"]),
            f"95 % interval {low}{wording.TO}{high} %, on {scores['n']:,} {sources.part} images",
        ),
        Figure("Errors", f"{errors:,}", f"of {scores['n']:,}, or {wording.share(errors / scores['n'])}"),
        Figure(
            "Confidence is off by",
            f"{100 * curve.calibration_error:.2f} points",
            "on average (expected calibration error): how far “99 % sure” is from right in 99 %",
        ),
    ]
    answers = (sources.metrics.get("confidence") or {}).get(sources.part)
    if answers and answers["answered"] < answers["n"]:
        figures.append(
            Figure(
                "Answered",
                wording.share(answers["coverage"]),
                f"{answers['errors']:,} of them wrongly; "
                f"{answers['n'] - answers['answered']:,} called unknown",
            )
        )
    if len(sources.names) > 2:
        second = top_k_accuracy(sources.probabilities, sources.labels, 2)
        figures.append(
            Figure(
                "Among the first two", wording.share(second), "the actual class is the first or second guess"
            )
        )
    epochs = wording.plural(training["epochs"], "epoch")
    figures.append(
        Figure("Training", wording.seconds(training["seconds"]), f"{epochs} of {training['images']:,} images")
    )
    file = "model.onnx" if "model.onnx" in sources.files else "model.keras"
    figures.append(
        Figure(
            "Size",
            wording.size(sources.files[file]) if file in sources.files else wording.DASH,
            f"{file}, {training['parameters']:,} parameters",
        )
    )
    return tuple(figures)


def _members(sources: Sources) -> tuple[MemberRow, ...]:
    return tuple(
        MemberRow(
            name=wording.clean(str(one["name"])),
            network=wording.clean(str(one["network"])),
            tta=wording.clean(str(one["tta"])),
            accuracy=wording.share(one["accuracy"]),
            errors=f"{one['errors']:,}",
            training=wording.seconds(one["seconds"]),
        )
        for one in sources.metrics["training"].get("members", [])
    )


def _examples(sources: Sources, images: Split | None, indices: NDArray[np.integer]) -> tuple[Example, ...]:
    names, predicted, confidence = sources.names, sources.predicted, sources.confidence
    return tuple(
        Example(
            number=index,
            actual=wording.shortened(names[sources.labels[index]]),
            predicted=wording.shortened(names[predicted[index]]),
            right=bool(sources.labels[index] == predicted[index]),
            confidence=wording.sure(float(confidence[index])),
            picture=thumbnail(images.batch(np.array([index]))[0]) if images else None,
        )
        for index in indices.tolist()
    )


def _corruptions(robustness: RobustnessFigures | None) -> tuple[Corruption, ...]:
    """The table's rows: the images as they are, each corruption in the file's order, and the mean."""
    if robustness is None:
        return ()
    direct, framed = robustness.direct, robustness.framed
    largest = max(direct.values()) or 1.0
    rows = [
        Corruption(
            wording.clean(name.replace("_", " ")),
            wording.share(error),
            wording.share(framed[name]) if name in framed else None,
            round(100 * error / largest, 1),
        )
        for name, error in direct.items()
    ]
    if robustness.clean is not None:
        clean, bar = wording.share(robustness.clean), round(100 * robustness.clean / largest, 1)
        again = None if robustness.clean_framed is None else wording.share(robustness.clean_framed)
        rows.insert(0, Corruption("as they are", clean, again, min(bar, 100.0)))
    return tuple(rows)


def _corrupted(robustness: RobustnessFigures | None) -> str:
    """What was measured, in a sentence or two."""
    if robustness is None:
        return ""
    images = "images" if robustness.images is None else wording.plural(robustness.images, "test image")
    framed = " Framed again: brought back to the network's framing first, as an image file would be."
    return f"The error on {images} spoilt in some way.{framed if robustness.framed else ''}"
