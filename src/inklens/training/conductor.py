"""From a data set and a recipe to a run folder: splits, network, fit, evaluation, files, pictures."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inklens.datasets import Dataset, Split
from inklens.errors import OptionError
from inklens.export.formats import require
from inklens.networks import build
from inklens.networks.views import resolve_views
from inklens.reporting.report import require_jinja
from inklens.runs import RunFolder
from inklens.training.augmenting import make_augment
from inklens.training.backends import resolve_precision, select_backend
from inklens.training.committee import Committee, recipe_for
from inklens.training.confidence import check_confidence
from inklens.training.describing import describe_machine, description, stem
from inklens.training.finishing import Parts, concluded, finish
from inklens.training.forms import with_other_forms
from inklens.training.jobs import resolve_jobs
from inklens.training.judging import is_judged, of_network, train_judge
from inklens.training.neighbours import with_neighbours
from inklens.training.progress import Progress
from inklens.training.recipe import Recipe
from inklens.training.run import Run
from inklens.training.strangers import are_digits, with_strangers
from inklens.training.tensorboard import LOGS, require_tensorboard

if TYPE_CHECKING:
    import keras

    from inklens.training.fitting import History


def train(
    data: Dataset,
    recipe: Recipe | Committee | str = "fast",
    *,
    output: str | Path | None = None,
    name: str | None = None,
    test: bool = True,
    max_error: float | None = None,
    tensorboard: bool = False,
    jobs: int | str = 1,
    progress: Progress | None = None,
) -> Run:
    """Train a network, or a committee of them, and write everything about it into a run folder.

    Args:
        data: what to learn; see `inklens.load`.
        recipe: how, or the name of a preset.
        output: the folder that holds the runs; None is "runs".
        name: the run's folder in it; None is made from the data's and the preset's names and a number.
        test: evaluate on the test part at the end; False leaves it closed.
        max_error: the model file answers "unknown" rather than err more often than this share of 1.
        tensorboard: write logs for TensorBoard into the run's folder "tensorboard".
        jobs: how many members of a committee are trained at a time, each in a process of its own with its
            share of the cores; "auto" is one for each NVIDIA GPU, or, without, each four physical cores.
        progress: called with an `EpochProgress` while training.

    Returns:
        The finished run.

    Raises:
        InklensError: something that was given cannot be used; nothing is left but a run that says so.
        RunError: the report cannot be written; the run is done without it.
        ExportError: model.onnx does not say what the network says; the run is there without it.
        StoppedError: a member of a committee cannot be trained; `resume` goes on with those that are done.
        KeyboardInterrupt: passed on, the run's status says "interrupted".

    Example:
        >>> run = inklens.train(inklens.load("mnist"), inklens.Recipe.from_preset("tutorial-c"))
        >>> run.metrics["test"]["accuracy"]
    """
    recipe = recipe_for(recipe) if isinstance(recipe, str) else recipe
    for what, given, expected in (("data", data, Dataset), ("recipe", recipe, Recipe | Committee)):
        if not isinstance(given, expected):
            remedy = "inklens.load(...)" if what == "data" else "inklens.Recipe.from_preset(...)"
            raise OptionError(f"{what} is {given!r}; expected a {what.title()}: give {remedy}")
    if tensorboard:
        require_tensorboard()
    asked = Asked(test, max_error, tensorboard, jobs, progress)
    if isinstance(recipe, Committee):
        from inklens.training.election import train_committee

        return train_committee(data, recipe, asked, output=output, name=name)
    if resolve_jobs(jobs, 2) > 1 and jobs != "auto":
        raise OptionError(f"jobs {jobs} are for a committee; one network is one job: leave jobs out")
    parts = checked_parts(data, recipe, asked)
    prepared = Prepared.of(data, recipe)
    folder = RunFolder.create(output, name, f"{stem(data.name)}-{recipe.preset}")
    return train_into(folder, data, prepared, parts, asked)


@dataclass(frozen=True)
class Asked:
    """What whoever trains asks for besides data and recipe; see `train`."""

    test: bool = True
    max_error: float | None = None
    tensorboard: bool = False
    jobs: int | str = 1
    progress: Progress | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """A recipe made concrete for a data set and this machine; the network is not trained yet."""

    recipe: Recipe
    views: str
    backend: str
    policy: str
    network: keras.Sequential

    @classmethod
    def of(cls, data: Dataset, recipe: Recipe) -> Prepared:
        """Raises OptionError or MissingPackageError where the recipe does not fit data or machine."""
        views = resolve_views(recipe.views, data.kind)
        backend = select_backend(recipe.backend)
        policy = resolve_precision(recipe.precision, backend)
        return cls(recipe, views, backend, policy, build_network(data, recipe, policy, training=True))


def checked_parts(data: Dataset, recipe: Recipe, asked: Asked) -> Parts:
    """The parts of the data, after a look whether a run can be finished with them and these packages."""
    require("onnx")
    require_jinja()
    parts = Parts.of(data, recipe, asked.test)
    check_confidence(recipe, parts.validation, asked.max_error)
    return parts


def train_into(folder: RunFolder, data: Dataset, prepared: Prepared, parts: Parts, asked: Asked) -> Run:
    """Trains one network into a folder that is there; raises as `train` does."""
    from inklens.networks.ensemble import Ensemble

    with concluded(folder, parts):
        folder.write_json(
            folder.recipe,
            {
                "recipe": prepared.recipe.to_dict(),
                "views": prepared.views,
                "judged": is_judged(prepared.recipe, data),
                **description(data, parts),
            },
        )
        describe_machine(folder, prepared.backend, prepared.policy)
        recipe = of_network(prepared.recipe.for_kind(data.kind), data)
        learnt = _learnt(recipe, data, parts)
        started = time.perf_counter()
        history = _fit(folder, prepared.network, recipe, data, learnt, parts, asked)
        fitted = time.perf_counter()
        network = _saved(build_network(data, recipe), prepared.network, folder, folder.model)
        judge = None
        if is_judged(prepared.recipe, data):
            given = data, prepared.recipe, learnt, parts.validation, prepared.policy
            judge = _saved(*train_judge(*given, asked.progress), folder, folder.judge)
        judged = time.perf_counter() - fitted if judge else 0.0
        training = {
            "epochs": _epochs(history, recipe, len(learnt)),
            "images": len(parts.train),
            "drawn_images": len(learnt) - len(parts.train),
            "seconds": round(fitted - started + judged, 3),
            "judge_seconds": round(judged, 3) if judge else None,
            "parameters": network.count_params() + (judge.count_params() if judge else 0),
        }
        ensemble = Ensemble.of(network, prepared.views, judge)
        finish(folder, ensemble, data, parts, max_error=asked.max_error, history=history, training=training)
    return Run(folder)


def build_network(
    data: Dataset, recipe: Recipe, policy: str = "float32", *, training: bool = False
) -> keras.Sequential:
    """The recipe's network for the shape and the classes of a data set, untrained."""
    return build(
        recipe.network,
        data.image_shape,
        data.classes,
        activation=recipe.activation,
        dropout=recipe.dropout,
        dtype=policy,
        seed=recipe.seed,
        training=training,
    )


def _fit(
    folder: RunFolder,
    network: keras.Sequential,
    recipe: Recipe,
    data: Dataset,
    learnt: Split,
    parts: Parts,
    asked: Asked,
) -> History:
    """Trains the network, and keeps history.csv up to date."""
    from inklens.training.fitting import fit

    def keep(history: History) -> None:
        folder.write_csv(folder.history, list(history[0]), [list(record.values()) for record in history])

    return fit(
        network,
        recipe,
        learnt,
        parts.validation,
        augment=make_augment(recipe, data.kind),
        progress=asked.progress,
        on_epoch=keep,
        logs=folder.path / LOGS if asked.tensorboard else None,
    )


def _epochs(history: History, recipe: Recipe, images: int) -> int | float:
    """How often it went through the images: with a time budget not always a whole number of times."""
    from inklens.training.fitting import steps_per_epoch

    steps = sum(int(record["steps"] or 0) for record in history)
    epochs = round(steps / steps_per_epoch(recipe, images), 2)
    return int(epochs) if epochs.is_integer() else epochs


def _learnt(recipe: Recipe, data: Dataset, parts: Parts) -> Split:
    """The training part; of grey writing with what the recipe asks to be drawn besides."""
    learnt, names, spec = parts.train, data.class_names, data.spec
    if data.kind != "writing" or spec.channels != 1:
        return learnt
    if recipe.other_forms:
        learnt = with_other_forms(learnt, names, spec, recipe.other_forms, recipe.seed)
    if recipe.neighbours:
        learnt = with_neighbours(learnt, spec, recipe.neighbours, recipe.seed)
    if recipe.strangers and are_digits(data):
        learnt = with_strangers(learnt, names, spec, recipe.strangers, recipe.seed)
    return learnt


def _saved(
    plain: keras.Sequential, trained: keras.Sequential, folder: RunFolder, target: Path
) -> keras.Sequential:
    """bfloat16 and the quick dropout are ways of training only: saved and evaluated is a plain network."""
    plain.set_weights(trained.get_weights())
    with folder.atomic(target) as path:
        plain.save(path)
    return plain
