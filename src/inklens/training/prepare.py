"""What a training needs before its first step: a recipe that fits the data, and a network on a backend."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from inklens.datasets import Dataset, Split
from inklens.errors import DataError, OptionError, require_packages
from inklens.export.formats import require
from inklens.networks import build
from inklens.networks.backends import resolve_precision, select_backend
from inklens.recipes import Recipe
from inklens.recipes.flips import flips
from inklens.recipes.network_size import fitted_width
from inklens.run_folder import RunFolder, complete
from inklens.training.calibrate import check_confidence
from inklens.training.examples import EXAMPLES, is_grey_writing
from inklens.training.ood_detector import has_time_for_detector
from inklens.training.other_runs.start_from import start_from
from inklens.training.other_runs.teacher import TeacherRun
from inklens.training.parts import DataParts
from inklens.training.progress import Progress

if TYPE_CHECKING:
    import keras

    from inklens.networks.ensemble import Ensemble


@dataclass(frozen=True)
class TrainingOptions:
    """What a training is asked for besides data and recipe; see `inklens.train`."""

    test: bool = True
    max_error: float | None = None
    tensorboard: bool = False
    report: bool = True
    checkpoint_every: float = 60.0
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.checkpoint_every < math.inf:
            raise OptionError(
                f"checkpoint_every {self.checkpoint_every!r} is out of range: expected seconds, 0 or more"
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], progress: Progress | None = None) -> TrainingOptions:
        """The opposite of `to_dict`; what another version wrote besides is passed over."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known}, progress=progress)

    def to_dict(self) -> dict[str, Any]:
        """What JSON can hold of them: all but the callback."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "progress"}


@dataclass(frozen=True, eq=False)
class PreparedNetwork:
    """A concrete recipe, and on which backend, with which precision and by which teacher its network is
    trained."""

    recipe: Recipe
    backend: str
    policy: str
    network: keras.Model
    teacher: Ensemble | None = None

    @classmethod
    def of(cls, data: Dataset, recipe: Recipe, learnt: Split | None = None) -> PreparedNetwork:
        """Builds the network, untrained.

        Args:
            learnt: the images that it will learn from; None is the data's training part.

        Raises:
            OptionError: the recipe does not fit the data.
            MissingPackageError: Keras or the backend is not installed.
        """
        concrete = concrete_recipe(recipe, data)
        backend = select_backend(concrete.backend)
        policy = resolve_precision(concrete.precision, backend)
        network = build_network(data, concrete, policy, learnt=data.train if learnt is None else learnt)
        return cls(concrete, backend, policy, network)

    @classmethod
    def again(cls, parts: DataParts, recipe: Recipe, folder: RunFolder) -> PreparedNetwork:
        """The same for a run that goes on: the backend and the precision are those that it began with.

        Raises:
            InklensError: as `of` does.
        """
        again: dict[str, Any] = {}
        if folder.environment.is_file():
            with complete(folder.environment):
                began = folder.read_json(folder.environment)
                again = {"backend": began["backend"], "precision": began["precision"]}
        prepared = cls.of(parts.data, replace(recipe, **again), parts.train)
        if again:
            prepared = replace(prepared, recipe=recipe)
        described = folder.read_recipe() if folder.recipe.is_file() else {}
        if described.get("started_from") is not None:
            start_from(prepared.network, described["started_from"])
        if described.get("teacher") is not None:
            teacher = TeacherRun.again(described["teacher"], folder)
            prepared = replace(prepared, teacher=teacher.ensemble)
        return prepared


def concrete_recipe(recipe: Recipe, data: Dataset) -> Recipe:
    """The recipe as recipe.json says it: for the kind of the data, without examples that they do not allow.

    Raises:
        OptionError: writing is to be mirrored.
    """
    preset_width = recipe.things.get("width") if data.kind == "things" else None
    recipe = recipe.for_kind(data.kind)
    flip, tta = flips(recipe.flip, recipe.tta, data.kind, data.class_names)
    changed: dict[str, Any] = {"flip": flip, "tta": tta}
    if preset_width is not None:  # not one that the user names
        changed["width"] = fitted_width(preset_width, data.classes, len(data.train))
    changed |= {name: 0.0 for name, example in EXAMPLES.items() if not example.possible(data)}
    if not is_grey_writing(data):
        changed["digit_normalisation"] = "none"
    if recipe.ood_detector != "none" and ("outliers" in changed or not has_time_for_detector(recipe)):
        changed |= {"ood_detector": "none", "outliers": 0.0}
    return replace(recipe, **changed)


def checked_parts(data: Dataset, recipe: Recipe, options: TrainingOptions) -> DataParts:
    """The parts of the data, after a look whether a run can be finished with them and these packages.

    Raises:
        DataError: there is but one class.
        OptionError: the parts cannot be made, or are too few for the maximum error.
        MissingPackageError: a package for the model file or the report is not installed.
    """
    require("onnx")
    require_packages(["jinja2", "matplotlib"], "the report", "train")
    if data.classes < 2:
        raise DataError(f"{data.name} has images of one class only; expected two or more to learn from")
    parts = DataParts.of(data, recipe, options.test)
    check_confidence(recipe, parts.validation, options.max_error)
    return parts


def build_network(
    data: Dataset, recipe: Recipe, policy: str = "float32", *, learnt: Split | None = None
) -> keras.Model:
    """The recipe's network for the shape and the classes of a data set, untrained.

    Args:
        learnt: the images that it will learn from: with layers for training, and with what is computed from
            them; None builds what is saved.
    """
    network = build(
        recipe.network,
        data.image_shape,
        data.classes,
        activation=recipe.activation,
        dropout=recipe.dropout,
        width=recipe.width,
        width_multiplier=recipe.width_multiplier,
        depth=recipe.depth,
        dtype=policy,
        seed=recipe.seed,
        training=learnt is not None,
    )
    if learnt is not None:
        from inklens.networks.whitening import fit_whitening

        fit_whitening(network, learnt)
    return network
