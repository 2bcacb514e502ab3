"""A finished training: its folder, its networks, and what one asks of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inklens import reporting
from inklens.classifier import Classifier, EvaluatedModel, Predictions
from inklens.classifier.image_inputs import Image, framed
from inklens.datasets import Dataset, Split, load
from inklens.errors import DataError, OptionError, RunError
from inklens.evaluation import Evaluation, evaluate
from inklens.evaluation.class_matching import listed
from inklens.networks.backends import select_backend
from inklens.paths import given_path
from inklens.pixels import PixelSpec
from inklens.recipes.committee_recipe import Committee, recipe_from_dict
from inklens.recipes.held_out import training_split
from inklens.recipes.recipe import Recipe
from inklens.recipes.recipe_file import load_options
from inklens.run_folder import RunFolder, complete

if TYPE_CHECKING:
    import keras

    from inklens.explanation import Explanation
    from inklens.export import Proof
    from inklens.networks.ensemble import Ensemble


class Run:
    """One run folder with its network. `inklens.train` returns one; `Run.open` opens one.

    It predicts with its model.onnx, as `inklens predict` does: all probabilities are calibrated. Those of the
    network before calibration come from `ensemble`.

    Example:
        >>> run = Run.open("runs/mnist-fast-1")
        >>> run.predict("seven.png").labels
        ('7',)
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Opens a run that is done.

        Raises:
            RunError: no run folder, or a run that was not finished.
        """
        return cls(RunFolder.open_done(path))

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @cached_property
    def recipe(self) -> Recipe | Committee:
        """How it was trained."""
        return recipe_from_dict(self._described("recipe"))

    @cached_property
    def spec(self) -> PixelSpec:
        """What an image must be like for the network."""
        return PixelSpec.from_dict(self._described("pixels"))

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """One for each column of the probabilities."""
        return tuple(self.data["class_names"])

    @cached_property
    def data(self) -> dict[str, Any]:
        """What recipe.json says of the data it was trained on, such as name, path, fingerprint and counts."""
        data = self._described("data")
        with complete(self.folder.recipe):
            _ = [data[field] for field in ("name", "kind", "class_names", "fingerprint", "validation_is")]
        return data

    def _described(self, what: str) -> dict[str, Any]:
        with complete(self.folder.recipe):
            return dict(self.folder.read_recipe()[what])

    @property
    def metrics(self) -> dict[str, Any]:
        """What metrics.json says."""
        return self.folder.read_json(self.folder.metrics)

    @cached_property
    def network(self) -> keras.Model:
        """The Keras network by itself, from uint8 pixels (N, H, W, C) to float32 probabilities (N, classes).

        Raises:
            RunError: a committee, which has several.
            ModelError: model.keras is damaged or holds what a network of ours does not.
        """
        if self.one_network is None:
            members = ", ".join(str(member.path) for member in self.folder.members())
            raise RunError(f"{self.path} is a committee; expected one network: give one of {members}")
        return self.one_network

    @property
    def one_network(self) -> keras.Model | None:
        """The network, or None where several vote."""
        return self.ensemble.network

    @cached_property
    def ensemble(self) -> Ensemble:
        """Every network of the run, with its TTA and its OOD detector, which together predict.

        Raises:
            RunError: a file is missing.
            ModelError: a model.keras is damaged or holds what a network of ours does not.
        """
        select_backend("auto")
        from inklens.networks.ensemble import Ensemble

        return Ensemble.load(self.folder.networks())

    @cached_property
    def classifier(self) -> Classifier:
        """Its model.onnx, which predicts without Keras.

        Raises:
            ModelError: the run has none, or it cannot be used.
        """
        return Classifier.open(self.folder.onnx)

    def predict(self, images: Image | Sequence[Image] | Split) -> Predictions:
        """Says what is in images of any size; see `Classifier.predict`.

        Raises:
            DataError: an array of another shape, type or range.
            ImageError: a file that cannot be decoded.
            ModelError: the run has no model.onnx, or it cannot be used.
        """
        return self.classifier.predict(images)

    def evaluate(self, data: Dataset | Split, part: str = "test") -> Evaluation:
        """Loss, accuracy with interval and confusion matrix, from the same probabilities as `predict`.

        Args:
            data: a data set, whose classes are matched by name, or a split with the network's own labels.
            part: of a data set: "test", "train", "validation" or "all". Of the data that it was trained on,
                "validation" is what the training held out, and "train" is without it.

        Raises:
            DataError: the data have classes that the network does not know, or another image shape.
            OptionError: no such part.
            ModelError: the run has no model.onnx, or it cannot be used.
        """
        if isinstance(data, Split):
            return evaluate(self.predict(data).probabilities, data.labels, self.class_names)
        if not isinstance(data, Dataset):
            raise OptionError(f"data is {data!r}; expected a Dataset or a Split: give inklens.load(...)")
        model = EvaluatedModel(self.path.resolve().name, self.path, self.classifier, self.folder)
        answers = model.answers(data, part)
        return evaluate(answers.probabilities, answers.labels, self.class_names)

    def explain(
        self,
        image: Image,
        label: str | None = None,
        *,
        patch: int | None = None,
        stride: int | None = None,
    ) -> Explanation:
        """Why the network answers as it does to one image; see `inklens.explanation.explain_run`.

        Args:
            image: a path, or an array as `predict` takes it.
            label: the name of the class to explain; None is the most probable one.
            patch: the cover's side in pixels; None is a quarter of the image's.
            stride: pixels between the cover's places; None is half of its side.

        Raises:
            RunError: a committee, or a run without its model.keras.
            DataError: not one image.
            OptionError: no such class, a patch or a stride out of range.
            MissingPackageError: TensorFlow is not installed.
        """
        from inklens.explanation import explain_run

        if label is not None and label not in self.class_names:
            names = listed(self.class_names)
            raise OptionError(f"label {label!r} is no class of {self.path}: expected one of {names}")
        pixels = framed(image, self.spec)
        if len(pixels) != 1:
            raise DataError(f"{len(pixels)} images to explain; expected one: give them one at a time")
        wanted = None if label is None else self.class_names.index(label)
        return explain_run(self.folder, pixels[0], wanted, patch=patch, stride=stride)

    def export(
        self,
        format_name: str = "onnx",
        *,
        output: str | Path | None = None,
        max_error: float | None = None,
    ) -> tuple[Path, Proof]:
        """Writes the network in a format, and compares the file with it; see `inklens.export.export_run`.

        Args:
            format_name: one of `inklens.export.FORMATS`.
            output: the file to write (SavedModel: the folder); None is one in the run folder.
            max_error: chooses the reject threshold anew, as a share of 1; None keeps the run's own.

        Returns:
            What was written, and what was compared.

        Raises:
            InklensError: as `inklens.export.export_run` does.
        """
        from inklens.export import export_run

        target = None if output is None else given_path(output)
        written = export_run(self.folder, format_name, output=target, max_error=max_error)
        self.__dict__.pop("classifier", None)  # its file may be another now
        return written

    def load_data(self, path: str | Path | None = None) -> Dataset:
        """The data that it was trained on, loaded again.

        Args:
            path: where they are now; None is where they were.

        Raises:
            DataError: they are not where they were, cannot be read, or have changed since.
        """
        with complete(self.folder.recipe):
            options = load_options(self.folder.read_recipe())
        data = load(**{**options, "data": path or options["data"]})
        if data.fingerprint != self.data["fingerprint"]:
            if path is not None:
                raise DataError(
                    f"{data.source} has other data than {self.path} was trained on: give these, or leave "
                    "--data out"
                )
            raise DataError(f"{data.source} has changed since {self.path} was trained on it; train it again")
        return data

    def predicted_split(self, data: Dataset) -> Split:
        """The images that predictions.csv is about, in its order: the test part, unless it stayed closed."""
        with complete(self.folder.metrics):
            tested = bool(self.metrics["test"])
        if tested:
            return data.test
        return training_split(data, self.recipe)[1]

    def write_report(self) -> Path:
        """Writes report.html again, with its images where the data are still available.

        Raises:
            RunError: the folder lacks a file, or it cannot be written.
        """
        images: Split | None = None
        notes: tuple[str, ...] = ()
        try:
            images = self.predicted_split(self.load_data())
        except DataError as error:
            notes = (f"The images are left out: {error}.",)
        return reporting.report_run(self.folder, self.one_network, images, notes)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"
