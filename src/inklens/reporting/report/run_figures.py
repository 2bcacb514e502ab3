"""What a run folder holds for its report, read and looked over."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.errors import RunError
from inklens.evaluation.prediction_table import prediction_columns, row_probabilities
from inklens.reporting.report.wording import readable_names
from inklens.run_folder import RunFolder, complete

ROBUSTNESS = "robustness.json"
_TRAIN = "train the run again"
LARGEST_PICTURE = 500_000  # bytes


@dataclass(frozen=True)
class MeasuredErrors:
    """Errors on spoilt images, shares of 1: those on images as they are, of each corruption, and the mean.

    Args:
        direct: by the corruption's name.
        framed: the same where the spoilt images are framed again; empty where that changes nothing.
        images: how many were measured; None where the file does not say.
    """

    direct: dict[str, float]
    framed: dict[str, float]
    images: int | None

    def bar(self, error: float) -> float:
        """How long its bar is, 0 to 100."""
        return round(100 * error / (max(self.direct.values()) or 1.0), 1)


@dataclass(frozen=True)
class DataFindings:
    """What a look at the data has found before the training.

    Args:
        images: how many were looked at.
        counts: (kind, how many, serious, what it means) of each kind that was found.
        picture: the PNG file of the images that it is about; None where there is none, or a large one.
    """

    images: int
    counts: tuple[tuple[str, int, bool, str], ...]
    picture: bytes | None


@dataclass(frozen=True, eq=False)
class Sources:
    """The files of a finished run.

    Args:
        recipe, environment, metrics: the JSON files of these names.
        corruptions: what robustness.json says; None where nobody has measured it.
        check: what check.json says; None where nobody looked at the data before.
        history: one entry per epoch, as history.csv has it; an empty cell is None. A committee has none.
        names: the class names, clean.
        probabilities: float64 (N, C), as predictions.csv has them; of more than 100 classes, all but the most
            probable share the rest.
        labels: int64 (N,), the actual classes.
        predicted: int64 (N,), the predicted classes.
        part: "test", or "validation" where the test set stayed closed.
        files: name and bytes of the model files that are there.
    """

    folder: RunFolder
    recipe: dict[str, Any]
    environment: dict[str, Any]
    metrics: dict[str, Any]
    corruptions: MeasuredErrors | None
    check: DataFindings | None
    history: tuple[dict[str, float | None], ...]
    names: tuple[str, ...]
    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    part: str
    files: dict[str, int]

    @property
    def scores(self) -> dict[str, Any]:
        """What metrics.json says of these images."""
        return dict(self.metrics[self.part])

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """float64 (N,), the predicted classes' probabilities."""
        return np.asarray(self.probabilities[np.arange(len(self.labels)), self.predicted])


def read_sources(folder: RunFolder) -> Sources:
    """Reads them all.

    Raises:
        RunError: a file is missing, damaged, or does not fit the others.
    """
    recipe = folder.read_recipe()
    metrics = folder.read_json(folder.metrics)
    with complete(folder.recipe):
        class_names = [str(name) for name in recipe["data"]["class_names"]]
        committee = "members" in recipe["recipe"]
        _ = recipe["pixels"]["height"], recipe["pixels"]["width"]
        if recipe.get("teacher") is not None:
            _ = recipe["teacher"]["path"], recipe["teacher"]["sha256"]
    with complete(folder.metrics):
        part = "test" if metrics["test"] else "validation"
        _ = metrics[part]["accuracy_interval_95"], metrics["training"]["seconds"]
    remedy = f"`inklens evaluate {folder.path}` writes it" if part == "test" else _TRAIN
    probabilities, labels, predicted = _read_predictions(folder.predictions, class_names, remedy)
    models = (folder.model, folder.onnx)
    return Sources(
        folder=folder,
        recipe=recipe,
        environment=folder.read_json(folder.environment),
        metrics=metrics,
        corruptions=_read_robustness(folder),
        check=_read_check(folder),
        history=() if committee else tuple(_read_history(folder.history)),
        names=readable_names(class_names),
        probabilities=probabilities,
        labels=labels,
        predicted=predicted,
        part=part,
        files={path.name: path.stat().st_size for path in models if path.is_file()},
    )


def _read_robustness(folder: RunFolder) -> MeasuredErrors | None:
    path = folder.path / ROBUSTNESS
    if not path.is_file():
        return None
    found = folder.read_json(path)
    with complete(path):
        framed = found.get("framed")
        return MeasuredErrors(_errors(found), _errors(framed) if framed else {}, found.get("images"))


def _read_check(folder: RunFolder) -> DataFindings | None:
    if not folder.check.is_file():
        return None
    found = folder.read_json(folder.check)
    picture = folder.findings.read_bytes() if folder.findings.is_file() else None
    with complete(folder.check):
        counts = [
            (kind, int(one["count"]), bool(one["serious"]), str(one["meaning"]))
            for kind, one in found["found"].items()
            if one["count"]
        ]
        small = picture is not None and len(picture) <= LARGEST_PICTURE
        return DataFindings(int(found["images"]), tuple(counts), picture if small else None)


def _errors(found: dict[str, Any]) -> dict[str, float]:
    corruptions, clean = found["corruptions"], found.get("clean_error")
    return {
        **({} if clean is None else {"as they are": float(clean)}),
        **{name: float(corruptions[name]["error"]) for name in corruptions},
        "mean": float(found["mean_error"]),
    }


def _rows(path: Path, remedy: str) -> Iterator[list[str]]:
    """The header and the rows; none of it is kept."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.reader(file)
    except FileNotFoundError as error:
        raise RunError(f"{path} is not there; expected in every finished run: {remedy}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RunError(f"{path} cannot be read ({error}); {remedy}") from error


def _read_history(path: Path) -> list[dict[str, float | None]]:
    rows = _rows(path, _TRAIN)
    header = next(rows, [])
    try:
        history = [
            {name: float(cell) if cell else None for name, cell in zip(header, row, strict=True)}
            for row in rows
        ]
    except ValueError as error:
        raise RunError(f"{path} is damaged ({error}); {_TRAIN}") from error
    if not history:
        raise RunError(f"{path} has no epoch in it; {_TRAIN}")
    return history


def _read_predictions(
    path: Path, class_names: list[str], remedy: str
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """probabilities (N, C), labels (N,) and predicted (N,), by the names of the classes."""
    # A name that is no UTF-8 is written escaped there.
    written = [name.encode(errors="backslashreplace").decode() for name in class_names]
    number_of = {name: number for number, name in enumerate(written)}
    rows = _rows(path, remedy)
    header = next(rows, [])
    if header != prediction_columns(written):
        raise RunError(f"{path} has other classes than recipe.json; {remedy}")
    labels: list[int] = []
    predicted: list[int] = []
    shares: list[NDArray[np.float64]] = []
    try:
        for row in rows:
            labels.append(number_of[row[1]])
            predicted.append(number_of[row[2]])
            shares.append(row_probabilities(row, number_of))
        probabilities = np.stack(shares)
    except (ValueError, KeyError, IndexError) as error:
        raise RunError(f"{path} is damaged ({error}); {remedy}") from error
    if probabilities.shape[1] != len(class_names):
        raise RunError(f"{path} is cut short; {remedy}")
    return probabilities, np.array(labels, np.int64), np.array(predicted, np.int64)
