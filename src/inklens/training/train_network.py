"""One network: trained, kept, and everything about it written into its run folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inklens.datasets import Split
from inklens.recipes import Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder
from inklens.training.examples import with_examples
from inklens.training.examples.balance import balanced
from inklens.training.finalize import concluded, finalize
from inklens.training.loop.tensorboard_logs import LOGS
from inklens.training.ood_detector import classifier_recipe, train_ood_detector
from inklens.training.parts import DataParts
from inklens.training.prepare import PreparedNetwork, TrainingOptions, build_network
from inklens.training.provenance import describe_data, keep_check, write_environment

if TYPE_CHECKING:
    import keras

    from inklens.networks.ensemble import Ensemble
    from inklens.training.loop.checkpoints import Checkpoints, History

BEST_ON_TEST = (
    "the best epoch was chosen on the test set (--validation-data test), so the figures of the test set are "
    "optimistic: on images that nothing was chosen on, expect less"
)


def train_network(
    folder: RunFolder,
    prepared: PreparedNetwork,
    parts: DataParts,
    options: TrainingOptions,
    checked: RunFolder | None = None,
    **more: Any,
) -> Run:
    """Trains one network into a folder that is there, from its last checkpoint on if it has one.

    Args:
        checked: the folder of a check of the data, for the report to show.
        more: what recipe.json is to say besides.

    Raises:
        InklensError: as `inklens.train` does.
    """
    with concluded(folder, parts, report=options.report):
        said = {"recipe": prepared.recipe.to_dict(), "options": options.to_dict()}
        folder.write_recipe({**said, **more, **describe_data(parts)})
        write_environment(folder, prepared.backend, prepared.policy)
        if checked is not None:
            keep_check(folder, checked)
        ensemble, training, history = _trained(folder, prepared, parts, options)
        finalize(folder, ensemble, parts, options, training, history)
    return Run(folder)


def _trained(
    folder: RunFolder, prepared: PreparedNetwork, parts: DataParts, options: TrainingOptions
) -> tuple[Ensemble, dict[str, Any], History]:
    """The networks, saved, what metrics.json says of their training, and the history of the first."""
    from inklens.networks.ensemble import Ensemble
    from inklens.training.loop.checkpoints import Checkpoints

    recipe = classifier_recipe(prepared.recipe)
    shown = balanced(parts.train, recipe.seed) if recipe.balance else parts.train
    images = with_examples(shown, parts.data, recipe)
    started = time.perf_counter()
    checkpoints = Checkpoints(folder.checkpoint, options.checkpoint_every)
    told: list[str] = []
    history = _fit(folder, prepared, recipe, images, parts, options, checkpoints, told.append)
    fitted = time.perf_counter()
    network = _save(build_network(parts.data, recipe), prepared.network, folder, folder.model)
    ood_detector, detector_seconds = None, None
    if prepared.recipe.ood_detector != "none":
        kept = Checkpoints(folder.checkpoint / "ood_detector", options.checkpoint_every)
        plain, trained = train_ood_detector(
            parts.data,
            prepared.recipe,
            images,
            parts.validation,
            prepared.policy,
            options.progress,
            kept,
            told.append,
        )
        ood_detector = _save(plain, trained, folder, folder.ood_detector)
        detector_seconds = kept.seconds_before + time.perf_counter() - fitted
        kept.keep_last()
    checkpoints.keep_last()
    training = {
        "epochs": _epochs(history, recipe, len(images)),
        "images": len(parts.train),
        "drawn_images": len(images) - len(parts.train),
        "seconds": round(checkpoints.seconds_before + fitted - started + (detector_seconds or 0), 3),
        "ood_detector_seconds": detector_seconds and round(detector_seconds, 3),
        "note": "; ".join(filter(None, [_note(history, recipe, images, parts), *told])) or None,
        "parameters": network.count_params() + (ood_detector.count_params() if ood_detector else 0),
    }
    return Ensemble.of(network, recipe.tta, ood_detector, recipe.digit_normalisation), training, history


def _fit(
    folder: RunFolder,
    prepared: PreparedNetwork,
    recipe: Recipe,
    images: Split,
    parts: DataParts,
    options: TrainingOptions,
    checkpoints: Checkpoints,
    tell: Callable[[str], None],
) -> History:
    """Trains the network, and keeps history.csv up to date."""
    from inklens.networks.augmentation import augmentation_layer
    from inklens.training.loop.fit import fit

    def keep(history: History) -> None:
        folder.write_csv(folder.history, list(history[0]), [list(record.values()) for record in history])

    history = fit(
        prepared.network,
        recipe,
        images,
        parts.validation,
        augment=augmentation_layer(recipe.augmentation, recipe.seed),
        teacher=prepared.teacher,
        progress=options.progress,
        on_epoch=keep,
        tell=tell,
        logs=folder.path / LOGS if options.tensorboard else None,
        checkpoints=checkpoints,
    )
    keep(history)  # the last checkpoint may be of an epoch that it does not hold
    return history


def _note(history: History, recipe: Recipe, images: Split, parts: DataParts) -> str | None:
    """What is to be said of a training that came to nothing, or that chose by the test set."""
    from inklens.training.loop.divergence import loss_of_one_answer, note_on

    if recipe.distillation:  # the loss in training is of the teacher's answers too, that in validation is not
        images, history = parts.validation, [{**record, "loss": record["val_loss"]} for record in history]
    one_answer = loss_of_one_answer(images, parts.data.classes, recipe.label_smoothing)
    chosen_on_test = recipe.patience is not None and parts.validation is parts.test
    notes = [BEST_ON_TEST if chosen_on_test else None, note_on(history, recipe, one_answer)]
    return "; ".join(filter(None, notes)) or None


def _epochs(history: History, recipe: Recipe, images: int) -> int | float:
    """How often it went through the images: with a time budget not always a whole number of times."""
    from inklens.training.loop.fit import steps_per_epoch

    steps = sum(int(record["steps"] or 0) for record in history)
    epochs = round(steps / steps_per_epoch(recipe, images), 2)
    return int(epochs) if epochs.is_integer() else epochs


def _save(plain: keras.Model, trained: keras.Model, folder: RunFolder, target: Path) -> keras.Model:
    """bfloat16 and the quick dropout are ways of training only: saved and evaluated is a plain network."""
    plain.set_weights(trained.get_weights())
    with folder.atomic(target) as path:
        plain.save(path)
    return plain
