"""All that a report says, in one dictionary, before a word of HTML is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Split
from inklens.evaluation import per_class_scores, reliability_curve, risk_coverage_curve, top_k_accuracy
from inklens.evaluation.reliability import ECE_BINS
from inklens.printable import printable
from inklens.reporting.report import wording
from inklens.reporting.report.charts import coverage_chart, reliability_chart, training_charts
from inklens.reporting.report.matrix import LARGEST_MATRIX, gallery, matrix_of
from inklens.reporting.report.pictures import filters_sheet, map_sheets, png_file, thumbnail
from inklens.reporting.report.run_figures import LARGEST_PICTURE, Sources

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
    said = f"{actual}, rightly called so" if actual == predicted else f"{actual} taken for {predicted}"
    return f"A {said}: {sources.part} image {index}"


def report_contents(
    sources: Sources,
    *,
    images: Split | None,
    seen: Seen | None,
    reproduce: str,
    budget: int,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Everything on the page, under the names that the template knows it by; for the rest see `write_report`.

    Args:
        budget: bytes for the images that the cells of the confusion matrix open.
    """
    confusion = np.zeros((len(sources.names),) * 2, np.int64)
    np.add.at(confusion, (sources.labels, sources.predicted), 1)
    wrong = np.flatnonzero(sources.labels != sources.predicted)
    worst = wrong[np.argsort(-sources.confidence[wrong], kind="stable")][:WORST]
    n = len(sources.labels)
    scrolled = len(sources.names) > SCROLLED_MATRIX
    heading = _SHORT_HEADING if scrolled else _HEADING
    ten = np.sort(np.random.default_rng(0).choice(n, min(TEN, n), replace=False))
    return {
        "name": wording.clean(sources.folder.path.resolve().name),
        "summary": wording.clean(_summary(sources)),
        "notes": [wording.clean(note) for note in (*notes, *_run_notes(sources))],
        "figures": _figures(sources),
        "part": sources.part,
        "pictured": images is not None,
        "names": [wording.shortened(name) for name in sources.names],
        "headings": [wording.shortened(name, heading) for name in sources.names],  # beside the matrix
        "ten": _examples(sources, images, ten),
        "training": training_charts(sources.history) if sources.history else (),
        "members": sources.metrics["training"].get("members", []),
        "matrix": matrix_of(confusion),
        "confusion": _confusion_picture(sources),
        "scrolled": scrolled,
        "gallery": gallery(sources, images, budget),
        "classes": per_class_scores(sources.labels, sources.predicted, sources.names),
        "worst": _examples(sources, images, worst),
        "trust": (
            reliability_chart(reliability_curve(sources.probabilities, sources.labels, ECE_BINS)),
            coverage_chart(risk_coverage_curve(sources.confidence, sources.labels == sources.predicted)),
        ),
        "filters": filters_sheet(seen.filters) if seen else None,
        "samples": [
            {"what": what, "picture": thumbnail(image, _LARGE_SIDE), "layers": map_sheets(maps)}
            for image, what, maps in (seen.maps if seen else ())
        ],
        "corruptions": sources.corruptions,
        "check": sources.check,
        "findings": png_file(sources.check.picture) if sources.check and sources.check.picture else None,
        "recipe": _rows(_recipe_settings(sources)),
        "data": _data_rows(sources),
        "versions": _version_rows(sources.environment),
        "reproduce": printable(reproduce),
        "written": str(sources.environment.get("date", "")),
    }


def _confusion_picture(sources: Sources) -> str | None:
    """The picture of the classes with the most errors, where there are too many for a matrix of all."""
    path = sources.folder.path / "pictures/confusion.png"
    if len(sources.names) <= LARGEST_MATRIX or not path.is_file():
        return None
    content = path.read_bytes()
    return png_file(content) if len(content) <= LARGEST_PICTURE else None


def _summary(sources: Sources) -> str:
    scores, recipe, data = sources.scores, sources.recipe["recipe"], sources.recipe["data"]
    height, width, channels = (sources.recipe["pixels"][side] for side in ("height", "width", "channels"))
    colours = "grey" if channels == 1 else "colour"
    members = recipe.get("members", [])
    networks = f"A vote of {len(members)} networks" if members else recipe["network"]
    teacher = sources.recipe.get("teacher")
    taught = f"It also learnt the answers of {_run_name(teacher['path'])}. " if teacher else ""
    return (
        f"{networks} (preset {recipe['preset']}), trained on "
        f"{wording.plural(data['train'], f'{colours} image')} of {wording.shape((height, width))} from "
        f"{data['name']} to tell {len(sources.names):,} classes apart. {taught}"
        f"{wording.plural(scores['n'] - scores['correct'], f'{sources.part} image')} of "
        f"{scores['n']:,} came out wrong."
    )


def _run_notes(sources: Sources) -> list[str]:
    notes = [f"{note[:1].upper()}{note[1:]}." for note in sources.recipe["data"].get("notes", [])]
    if sources.part == "validation":
        notes.append("The test set stayed closed: every figure here is of the validation images.")
    about = (sources.metrics.get(name) or {} for name in ("training", "confidence"))
    more = (str(said["note"]) for said in about if said.get("note"))
    return [*notes, *(f"{note[:1].upper()}{note[1:]}." for note in more)]


def _figures(sources: Sources) -> list[tuple[str, str, str]]:
    """What a person asks for first: label, value and note of each figure."""
    scores, training = sources.scores, sources.metrics["training"]
    low, high = (f"{100 * end:.2f}" for end in scores["accuracy_interval_95"])
    n, errors = scores["n"], scores["n"] - scores["correct"]
    curve = reliability_curve(sources.probabilities, sources.labels, ECE_BINS)
    interval = f"95% interval {low}{wording.TO}{high}%, on {n:,} {sources.part} images"
    off = "on average (expected calibration error): how far “99% sure” is from right in 99%"
    figures = [
        ("Accuracy", wording.share(scores["accuracy"]), interval),
        ("Errors", f"{errors:,}", f"of {n:,}, or {wording.share(errors / n)}"),
        ("Confidence is off by", f"{100 * curve.calibration_error:.2f} points", off),
    ]
    answers = (sources.metrics.get("confidence") or {}).get(sources.part)
    if answers and answers["answered"] < answers["n"]:
        unknown = answers["n"] - answers["answered"]
        note = f"{answers['errors']:,} of them wrongly; {unknown:,} called unknown"
        figures.append(("Answered", wording.share(answers["coverage"]), note))
    if len(sources.names) > 2:
        second = wording.share(top_k_accuracy(sources.probabilities, sources.labels, 2))
        figures.append(("Among the first two", second, "the actual class is the first or second guess"))
    if crossed := sources.metrics.get("cross_validation"):
        figures.append(_cross_validated(crossed))
    epochs = f"{wording.plural(training['epochs'], 'epoch')} of {training['images']:,} images"
    figures.append(("Training", wording.seconds(training["seconds"]), epochs))
    file = "model.onnx" if "model.onnx" in sources.files else "model.keras"
    size = wording.size(sources.files[file]) if file in sources.files else wording.DASH
    return [*figures, ("Size", size, f"{file}, {training['parameters']:,} parameters")]


def _cross_validated(crossed: Mapping[str, Any]) -> tuple[str, str, str]:
    """What `--folds` measured."""
    low, high = (f"{100 * end:.2f}" for end in crossed["accuracy_interval_95"])
    note = f"95% interval {low}{wording.TO}{high}%, on {crossed['n']:,} images in {crossed['folds']} folds"
    return (
        "Cross-validation",
        wording.share(crossed["accuracy"]),
        "; ".join(filter(None, [note, crossed.get("note")])),
    )


def _examples(sources: Sources, images: Split | None, indices: NDArray[np.integer]) -> list[dict[str, Any]]:
    """Images with what they were taken for."""
    names, labels, predicted = sources.names, sources.labels, sources.predicted
    return [
        {
            "number": index,
            "actual": wording.shortened(names[labels[index]]),
            "predicted": wording.shortened(names[predicted[index]]),
            "right": labels[index] == predicted[index],
            "confidence": wording.sure(float(sources.confidence[index])),
            "picture": thumbnail(images.batch(np.array([index]))[0]) if images else None,
        }
        for index in indices.tolist()
    ]


def _run_name(path: str) -> str:
    """A run's folder without those that it lies in, which tell of somebody's machine."""
    return PurePath(path).name


def _recipe_settings(sources: Sources) -> dict[str, Any]:
    """A recipe's fields, and the runs that it needed; of a committee, those in which all members agree."""
    recipe = sources.recipe["recipe"]
    if "members" not in recipe:
        teacher, start = sources.recipe.get("teacher"), sources.recipe.get("started_from")
        settings = dict(recipe)
        if teacher is not None:
            settings |= {"teacher": _run_name(teacher["path"]), "SHA-256 of the teacher": teacher["sha256"]}
        if start is not None:
            settings["started from"] = _run_name(start)
        return settings
    first, *others = recipe["members"].values()
    alike = {field: value for field, value in first.items() if all(value == other[field] for other in others)}
    return {**alike, "preset": recipe["preset"], "members": list(recipe["members"])}


def _rows(settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((key.replace("_", " "), _plain(value)) for key, value in settings.items())


def _data_rows(sources: Sources) -> tuple[tuple[str, str], ...]:
    data, pixels = sources.recipe["data"], sources.recipe["pixels"]
    said = {key: data[key] for key in ("name", "kind", "train", "validation", "test") if key in data}
    said["pixels"] = wording.shape((pixels["height"], pixels["width"], pixels["channels"]))
    said["framing"] = pixels.get("framing")
    said["fingerprint"] = data.get("fingerprint")
    return _rows(said)


def _version_rows(environment: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    said = {
        key: environment.get(key)
        for key in ("backend", "precision", "accelerator", "processor", "cores", "platform", "date")
        if key != "accelerator" or environment.get(key)
    }
    return (*_rows(environment.get("versions") or {}), *_rows(said))


def _plain(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else wording.clean(str(value))
