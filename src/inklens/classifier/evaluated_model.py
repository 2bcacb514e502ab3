"""What is evaluated or compared: a model file, and the run it comes from where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.choices import check_choice
from inklens.classifier.classifier import Classifier
from inklens.classifier.metadata import quoted
from inklens.classifier.predictions import OK
from inklens.datasets import NAMED, Dataset, Split, load
from inklens.errors import DataError, OptionError, RunError
from inklens.evaluation.class_matching import listed, match_classes
from inklens.paths import given_path
from inklens.run_folder import FiguresFolder, RunFolder, folder_name

_PARTS = ("test", "train", "validation", "all")


@dataclass(frozen=True, eq=False)
class LabelledPredictions:
    """What a model file says of labelled images.

    Args:
        probabilities: float32 (N, C), calibrated, one column for each of the model's classes.
        labels: int64 (N,), the actual classes as the model numbers them.
        answered: bool (N,), whether the model's status is "ok" rather than "unknown" or "empty".
    """

    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]
    answered: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class EvaluatedModel:
    """A model.onnx, bare or in a run folder, and what it is called: as the run, or as its file or folder.

    Example:
        >>> model = EvaluatedModel.open("runs/mnist-fast-1")
        >>> model.answers(model.load(), "test").probabilities.shape
        (10000, 10)
    """

    name: str
    path: Path
    classifier: Classifier
    run: RunFolder | None

    @classmethod
    def open(cls, path: str | Path) -> EvaluatedModel:
        """Opens a finished run's folder, or a model.onnx.

        Raises:
            RunError: no such run, or one that was not finished.
            ModelError: no model.onnx there, or one that cannot be used.
        """
        given = given_path(path)
        if given.is_file() or given.suffix.lower() == ".onnx":
            name = given.resolve().parent.name if given.stem == "model" else given.stem
            return cls(name, given, Classifier.open(given), None)
        run = RunFolder.open_done(given)
        return cls(given.resolve().name, given, Classifier.open(run.onnx), run)

    @property
    def training(self) -> dict[str, Any]:
        """What metrics.json says of the training, such as seconds and parameters; nothing for a bare file."""
        said = {} if self.run is None else self.run.read_json(self.run.metrics).get("training")
        return said if isinstance(said, dict) else {}

    @property
    def data(self) -> dict[str, Any]:
        """What is known of the data it was trained on: name and fingerprint, of a run also the path.

        Raises:
            RunError: the run lacks its recipe.json, or that is not whole.
        """
        if self.run is None:
            return {"name": "", "path": None, "fingerprint": None, **self.classifier.metadata.data}
        data = self.run.read_recipe().get("data")
        if not isinstance(data, dict) or not {"name", "path", "fingerprint"} <= data.keys():
            raise RunError(f"{self.run.recipe} does not say what it was trained on; train the run again")
        return data

    def load(self, data: str | None = None, part: str = "test", **options: Any) -> Dataset:
        """Loads data as the network takes it; None is what it was trained on.

        Args:
            data: a name or a path, as for `inklens.load`.
            part: which images are wanted; of other data "all" holds none of them out.
            options: channels, framing, strict, as for `inklens.load`; None is the model's own.

        Raises:
            DataError: no such data, or data that cannot be used.
        """
        spec, own = self.classifier.spec, self.data
        options["channels"] = options.get("channels") or spec.channels
        options["framing"] = options.get("framing") or spec.framing
        try:
            if data is None and self.run is None and own["name"] not in NAMED:  # a path, maybe of elsewhere
                raise DataError(f"the model file knows no more than a name, {quoted(own['name'])}")
            options["kind"] = self.classifier.metadata.kind
            if data is None or given_path(data).resolve() == Path(own["path"] or ""):
                options["seed"], options["hold_out"] = own.get("seed", 0), own.get("hold_out", True)
            else:
                options["hold_out"] = part != "all"
            return load(data or own["path"] or own["name"], size=(spec.height, spec.width), **options)
        except DataError as error:
            if data is not None:
                raise
            raise DataError(
                f"the data that {self.path} was trained on: {error}; give others with --data"
            ) from error

    def is_own(self, data: Dataset) -> bool:
        """Whether it was trained on these data, unchanged."""
        own = self.data
        if data.fingerprint == own["fingerprint"]:
            return True
        with suppress(DataError):  # too few images to have been trained on
            return bool(data.with_test_part(own.get("seed", 0)).fingerprint == own["fingerprint"])
        return False

    def part(self, data: Dataset, name: str) -> Split:
        """A part of the data: of its own, "validation" is what its training held out, "train" is without it.

        Raises:
            OptionError: no such part.
        """
        check_choice("part", name, _PARTS)
        recipe = self.classifier.metadata.recipe
        if name not in ("train", "validation") or not recipe or not self.is_own(data):
            return data.part(name)
        from inklens.recipes import recipe_from_dict, training_split

        learnt, held_out = training_split(data, recipe_from_dict(recipe))
        return learnt if name == "train" else held_out

    def place(self, data: Dataset, part: str, given: Path | None = None) -> RunFolder:
        """Where figures of a part of these data go: the folder given, the run, or evaluations/DATA in it.

        Into the run itself go only those of its own data's test part, and if the training opened that.

        Raises:
            OptionError: the folder given is a run.
        """
        if given is None and self.run is not None and part == "test" and self.is_own(data):
            opened = self.run.read_json(self.run.metrics).get("test") is not None
            if opened:
                return self.run
        if given is None:
            stem = folder_name(data.name) + ("" if part == "test" else f"-{part}")
            if self.run is None:
                given = self.path.parent / "evaluations" / f"{self.name}-{stem}"
            else:
                given = self.run.path / "evaluations" / stem
        if (given / "status.json").exists():
            raise OptionError(f"--output {given} is a run, whose own figures stay; give another folder")
        return FiguresFolder(given)

    def answers(self, data: Dataset, part: str = "test") -> LabelledPredictions:
        """What the model says of a part of the data, whose classes are matched by name.

        Raises:
            DataError: classes that the model does not know, or images of another shape.
            OptionError: no such part.
        """
        split = self.part(data, part)
        labels = match_classes(split.labels, data.class_names, self.classifier.class_names, data.name)
        said = self.classifier.predict(split)
        return LabelledPredictions(said.probabilities, labels, said.status == OK)


def load_for_all(
    models: Sequence[EvaluatedModel], data: str | None, part: str = "test", **options: Any
) -> list[Dataset]:
    """The same data once for each of several models, as each takes them.

    Args:
        models: at least one.
        data: a name or a path; None is what the first was trained on.
        part: which images are wanted; as `options`, for `EvaluatedModel.load`.
    """
    first = models[0]
    loaded = {first.classifier.spec: first.load(data, part, **options)}
    source = data or first.data["path"] or first.data["name"]
    for model in models[1:]:
        if model.classifier.spec not in loaded:
            loaded[model.classifier.spec] = model.load(source, part, **options)
    return [loaded[model.classifier.spec] for model in models]


def predictions_of_all(
    models: Sequence[EvaluatedModel], data: str | None, part: str, **options: Any
) -> tuple[Dataset, list[LabelledPredictions]]:
    """What several models say of the same images; their columns and labels are numbered as the first's.

    Args:
        models: at least one.
        data: a name or a path; None is the data that all of them were trained on.
        part: of the data.
        options: as for `EvaluatedModel.load`.

    Returns:
        The data as the first of them takes them, and an answer for each of them.

    Raises:
        DataError: the models have unlike classes, or data are not given and they were trained on unlike data.
    """
    first = models[0]
    names = first.classifier.class_names
    for other in models[1:]:
        if set(other.classifier.class_names) != set(names):
            raise DataError(
                f"{first.name} knows the classes {listed(names)}, but {other.name} knows "
                f"{listed(other.classifier.class_names)}; expected the same names: compare models of one task"
            )
        if data is None and other.data["fingerprint"] != first.data["fingerprint"]:
            raise DataError(
                f"{first.name} was trained on {first.data['name']}, but {other.name} on other data "
                f"({other.data['name']}); expected one set of images for all: give it with --data"
            )
    loaded, answers = load_for_all(models, data, part, **options), []
    _check_same_images(models, loaded, part)
    for model, seen in zip(models, loaded, strict=True):
        said = model.answers(seen, part)
        order = [model.classifier.class_names.index(name) for name in names]
        places = np.argsort(order)
        answers.append(replace(said, probabilities=said.probabilities[:, order], labels=places[said.labels]))
    return loaded[0], answers


def _check_same_images(models: Sequence[EvaluatedModel], loaded: Sequence[Dataset], part: str) -> None:
    """Refuses models that held out unlike images of the data that they were trained on."""
    first, *others = (model.part(data, part) for model, data in zip(models, loaded, strict=True))
    for model, split in zip(models[1:], others, strict=True):
        if len(split) != len(first) or not np.array_equal(split.positions, first.positions):
            raise DataError(
                f"{models[0].name} and {model.name} held out unlike validation images, so that their {part} "
                "parts differ; expected the same images for all: compare them on --part test"
            )
