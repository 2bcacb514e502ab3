"""A finished training: its folder, its networks, and what one asks of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.datasets import Dataset, Split, load
from inklens.errors import DataError, OptionError, RunError
from inklens.evaluation import Evaluation, evaluate, match_classes
from inklens.networks.backends import select_backend
from inklens.networks.outputs import EnsembleOutputs
from inklens.pixels import PixelSpec, as_batch
from inklens.recipes.committee_recipe import Committee, recipe_from_dict
from inklens.recipes.recipe import Recipe
from inklens.reporting.run_report import report_run
from inklens.run_folder import RunFolder, complete

if TYPE_CHECKING:
    import keras

    from inklens.networks.ensemble import Ensemble


class Run:
    """One run folder with its network. `inklens.train` returns one; `Run.open` opens one.

    Example:
        >>> run = Run.open("runs/mnist-fast-1")
        >>> run.predict(image).argmax()
        7
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

    def predict(self, images: ArrayLike | Split) -> NDArray[np.float32]:
        """The run's own probabilities of each class for each image, the mean over its members and their TTA.

        They are as Keras gives them; predictions.csv and model.onnx have the calibrated ones.

        Args:
            images: (H, W), (H, W, C), (N, H, W) or (N, H, W, C); uint8, or float 0-1; of the size that the
                network was trained on (`run.spec`).

        Returns:
            float32 (N, classes), each row adding up to 1; N is 1 for a single image.

        Raises:
            DataError: another size, channel count or range.
        """
        split = images if isinstance(images, Split) else _unlabelled(as_batch(images, self.spec))
        return predict_split(self.ensemble, split).probabilities().astype(np.float32)

    def evaluate(self, data: Dataset | Split) -> Evaluation:
        """Loss, accuracy with interval and confusion matrix on a data set's test part, or on a split.

        They come from the network's own probabilities, as Keras gives them; `inklens evaluate` takes the
        calibrated ones of model.onnx. A data set's classes are matched by name; a split has the network's.

        Raises:
            DataError: the data have classes that the network does not know, or another image shape.
        """
        if isinstance(data, Dataset):
            labels = match_classes(data.test.labels, data.class_names, self.class_names, data.name)
            return self.evaluate(replace(data.test, labels=labels))
        if not isinstance(data, Split):
            raise OptionError(f"data is {data!r}; expected a Dataset or a Split: give inklens.load(...)")
        if data.images.shape[1:] != self.spec.shape:
            raise DataError(
                f"images of shape {data.images.shape[1:]}; expected {self.spec.shape}, as the network was "
                "trained: load the data with that size and channel count"
            )
        return evaluate(self.predict(data), data.labels, self.class_names)

    def load_data(self, path: str | Path | None = None) -> Dataset:
        """The data that it was trained on, loaded again.

        Args:
            path: where they are now; None is where they were.

        Raises:
            DataError: they are not where they were, cannot be read, or have changed since.
        """
        data = load(
            path or self.data.get("path") or self.data["name"],
            kind=self.data["kind"],
            size=(self.spec.height, self.spec.width),
            channels=self.spec.channels,
            framing=self.spec.framing,
        )
        if data.fingerprint != self.data["fingerprint"]:
            raise DataError(f"{data.source} has changed since {self.path} was trained on it; train it again")
        return data

    def predicted_split(self, data: Dataset) -> Split:
        """The images that predictions.csv is about, in its order: the test part, unless it stayed closed."""
        with complete(self.folder.metrics):
            tested = bool(self.metrics["test"])
        if tested:
            return data.test
        if self.data["validation_is"] == "own" and data.validation is not None:
            return data.validation
        return data.split_validation(self.recipe.validation_split, self.recipe.split_seed)[1]

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
        return report_run(self.folder, self.one_network, images, notes)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"


def predict_split(ensemble: Ensemble, split: Split) -> EnsembleOutputs:
    """The outputs for all images of a split, batch by batch, so that memory holds one batch of images."""
    size = ensemble.batch_size
    starts = range(0, max(1, len(split)), size)  # one empty batch where there is no image
    return EnsembleOutputs.joined(
        [ensemble.predict(split.batch(slice(start, start + size))) for start in starts]
    )


def _unlabelled(images: NDArray[np.uint8]) -> Split:
    return Split(images, np.zeros(len(images), np.int64))
