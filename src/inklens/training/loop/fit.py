"""Keras's `fit`, set up so that a small network's time goes into arithmetic.

Several steps per execution save the Python round trip of every step, uint8 batches keep the feed light,
and the dropout and the optimiser are the cheaper ones (benchmarks/same_network.py measures all of it).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from inklens.datasets import Split
from inklens.errors import OptionError
from inklens.networks.augmentation import Augment
from inklens.networks.digit_normalisation import NormaliseDigits
from inklens.networks.ensemble import Ensemble
from inklens.networks.graph import logits_network, multiply_adds
from inklens.recipes.recipe import Recipe
from inklens.training.loop.batch_norm_statistics import (
    RecomputeBatchNorm,
    recompute_batch_norm,
    statistics_steps,
)
from inklens.training.loop.batches import Batches
from inklens.training.loop.checkpoints import Checkpoints, History
from inklens.training.loop.distillation import (
    checked_teacher,
    distillation_loss,
    distillation_models,
    teacher_multiply_adds,
)
from inklens.training.loop.divergence import check_converged
from inklens.training.loop.heap import KeepFreedMemory
from inklens.training.loop.interruption import interruptible
from inklens.training.loop.memory import in_halves_where_needed, say_halves
from inklens.training.loop.optimizers import make_optimizer
from inklens.training.loop.state_keeper import StateKeeper
from inklens.training.loop.tensorboard_logs import tensorboard_callback
from inklens.training.loop.time_budget import TimeBudget
from inklens.training.loop.variables import assign, values
from inklens.training.loop.watcher import OnEpoch, Watcher
from inklens.training.progress import Progress

VALIDATION_BATCH = 256
# One execution cannot be interrupted. At this rate, which any machine of the last ten years keeps up, it
# lasts at most 0.4 s; it takes few steps to make the round trip to Python small, so less is lost than waits.
_SLOWEST_FLOPS = 20e9
_SLOWEST_ACCELERATOR = 2e12
_LONGEST_EXECUTION = 0.4
_MOST_STEPS = 50
_PROGRESS_MARKS = 20
_NO_END = 10**9  # epochs


def epochs_for(recipe: Recipe, images: int) -> int:
    """How often to go through the data: `recipe.epochs`, more where they make fewer than `minimum_steps`."""
    return max(recipe.epochs, math.ceil(recipe.minimum_steps / steps_per_epoch(recipe, images)))


def steps_per_epoch(recipe: Recipe, images: int) -> int:
    """Batches in an epoch, the last one perhaps smaller."""
    return math.ceil(images / recipe.batch_size)


def fit(
    network: keras.Model,
    recipe: Recipe,
    train: Split,
    validation: Split,
    *,
    augment: Augment | None = None,
    teacher: Ensemble | keras.Model | None = None,
    progress: Progress | None = None,
    on_epoch: OnEpoch | None = None,
    tell: Callable[[str], None] | None = None,
    logs: Path | None = None,
    checkpoints: Checkpoints | None = None,
) -> History:
    """Trains the network in place.

    Args:
        network: as `inklens.networks.build` makes it, with softmax; uint8 pixels in.
        train: the images to learn from.
        validation: looked at after every epoch, never learnt from.
        augment: changes the images before the network sees them; not where it is evaluated.
        teacher: whose answers are learnt beside the labels, in the share that the recipe says; from pixels to
            probabilities as the network itself. It stays as it is.
        progress: called after every execution and at the end of every epoch.
        on_epoch: called with the history so far after every epoch.
        tell: called with what its user should know: that batches are trained in halves, as memory is short.
        logs: the folder that TensorBoard's logs are written into; None writes none.
        checkpoints: goes on from the last one, if there is one, and writes more; None writes none.

    Returns:
        One record per epoch: epoch, steps, loss, accuracy, val_loss, val_accuracy, seconds, ms_per_step.

    Raises:
        DivergedError: the loss is no finite number any more, or ends far above that of guessing.
        OptionError: labels go beyond the network's classes, the teacher does not go with network and recipe,
            or the device has too little memory for halves of a batch.
        RunError: a checkpoint cannot be written, or is of another network.
    """
    _checked_classes(network, train, validation)
    began = time.perf_counter()
    variables = logits_network(network, _before(recipe, augment)).variables
    before = values(variables)
    given = network, recipe, train, validation, augment, checked_teacher(teacher, network, recipe)
    fitting = _Fitting(*given, progress, on_epoch, tell, logs, checkpoints, began)
    return in_halves_where_needed(fitting.run, recipe, lambda: assign(variables, before))


@dataclass(frozen=True, eq=False)
class _Fitting:
    """What `fit` is given, and when it began."""

    network: keras.Model
    recipe: Recipe
    train: Split
    validation: Split
    augment: Augment | None
    teacher: Ensemble | None
    progress: Progress | None
    on_epoch: OnEpoch | None
    tell: Callable[[str], None] | None
    logs: Path | None
    checkpoints: Checkpoints | None
    began: float

    def run(self, parts: int) -> History:
        """Trains with each batch in so many parts, or in as many as a former training had."""
        resumed = self.checkpoints.latest() if self.checkpoints else None
        parts = max(parts, resumed.parts if resumed else 1)
        if parts > 1:
            say_halves(self.recipe, self.tell)
        recipe, classes = self.recipe, self.network.output_shape[-1]
        steps, epochs = steps_per_epoch(recipe, len(self.train)), epochs_for(recipe, len(self.train))
        per_execution = steps_per_execution(recipe, self.network, len(self.train), self.teacher)
        student, trained = self._models()
        _compile(trained, recipe, classes, epochs * steps, per_execution, parts)
        batches = Batches(
            self.train, classes, recipe.batch_size, recipe.seed, parts, flip=recipe.flip == "on"
        )
        budget = self._time_budget(steps, per_execution, parts)
        last = None if budget else epochs
        watcher = Watcher(batches, recipe, epochs, self.progress, self.on_epoch, budget)
        keeper = StateKeeper(
            student, trained, recipe, batches, watcher, last, self.checkpoints, resumed, budget
        )
        recompute = RecomputeBatchNorm(student, self.train, recipe.seed, last, every=keeper.evaluates_another)
        callbacks = [KeepFreedMemory(), *([budget] if budget else []), watcher, keeper, recompute]
        if self.augment and not budget:
            callbacks.append(_Fade(self.augment, epochs - recipe.plain_epochs))
        if self.logs:
            callbacks.append(tensorboard_callback(self.logs))
        watched = Batches(self.validation, classes, VALIDATION_BATCH // parts)
        _train(trained, batches, watched, keeper, callbacks)
        if keeper.put_back_what_is_kept() and keeper.ended:
            recompute_batch_norm(student, self.train, recipe.seed)
        with keeper.keeping_what_is_good():
            check_converged(watcher.history, recipe, classes)
        return watcher.history

    def _models(self) -> tuple[keras.Model, keras.Model]:
        """The network without its softmax and with its augmentation, and what is trained: the same, or that
        with a teacher."""
        if self.teacher is None:
            student = logits_network(self.network, _before(self.recipe, self.augment))
            return student, student
        return distillation_models(self.network, self.recipe, self.augment, self.teacher)

    def _time_budget(self, steps: int, per_execution: int, parts: int) -> TimeBudget | None:
        recipe = self.recipe
        if recipe.time_budget is None:
            return None
        watched = len(self.validation) / recipe.batch_size
        statistics = statistics_steps(self.network, len(self.train), recipe.batch_size)
        gone = time.perf_counter() - self.began
        return TimeBudget(recipe, steps, watched, per_execution, self.augment, statistics, parts, gone)


def _train(
    trained: keras.Model, batches: Batches, validation: Batches, keeper: StateKeeper, callbacks: list[Any]
) -> None:
    """Calls Keras for each span of epochs, until the training ends."""
    with (
        interruptible(keeper.write_within_epoch, batches.ends_step) as interruption,
        keeper.keeping_what_is_good(),
    ):
        for first, end in keeper.spans(_NO_END):
            if trained.stop_training:
                break
            batches.start_epoch(first, keeper.first_step(first))  # Keras asks now how many batches there are
            trained.fit(
                batches,
                initial_epoch=first,
                epochs=end,
                shuffle=False,
                validation_data=validation,
                callbacks=[*callbacks, interruption],
                verbose=0,
            )


def _compile(
    trained: keras.Model, recipe: Recipe, classes: int, steps: int, per_execution: int, parts: int
) -> None:
    """Sets up the training of so many steps."""
    loss = _divergence(recipe.label_smoothing)
    trained.compile(
        optimizer=make_optimizer(recipe, None if recipe.time_budget is not None else steps, parts),
        loss=distillation_loss(loss, recipe, classes) if recipe.distillation else loss,
        metrics=[_Accuracy(name="accuracy")],
        steps_per_execution=1 if keras.config.backend() == "torch" else per_execution * parts,
        jit_compile="auto" if keras.config.backend() == "jax" else False,
    )
    trained.optimizer.build(trained.trainable_variables)
    if _on_accelerator_by_jax():
        from inklens.networks.jax_steps import compiled_steps

        trained.train_function = compiled_steps(trained, per_execution * parts)
    trained.stop_training = False


def _before(recipe: Recipe, augment: Augment | None) -> list[keras.Layer]:
    """What images go through before the network: digits are normalised first, then augmented."""
    normalise = recipe.digit_normalisation != "none"
    before = [NormaliseDigits(recipe.digit_normalisation)] if normalise else []
    return [*before, augment] if augment else list(before)


def _checked_classes(network: keras.Model, *splits: Split) -> None:
    classes: int = network.output_shape[-1]
    highest = max(int(split.labels.max()) for split in splits)
    if highest >= classes:
        raise OptionError(
            f"the network has {classes} classes; the labels go up to {highest}: build it for {highest + 1}"
        )


def steps_per_execution(
    recipe: Recipe, network: keras.Model, images: int, teacher: Ensemble | None = None
) -> int:
    """Steps that Keras runs without coming back to Python: few enough for Ctrl-C and the progress bar."""
    if keras.config.backend() == "torch":  # Keras refuses more than one there
        return 1
    flops = 2 * (3 * multiply_adds(network) + teacher_multiply_adds(teacher)) * recipe.batch_size
    slowest = _SLOWEST_ACCELERATOR if _on_accelerator_by_jax() else _SLOWEST_FLOPS
    most = int(_LONGEST_EXECUTION * slowest / flops)
    marks = math.ceil(steps_per_epoch(recipe, images) / _PROGRESS_MARKS)
    return max(1, min(most, marks, _MOST_STEPS))


def _on_accelerator_by_jax() -> bool:
    if keras.config.backend() != "jax":
        return False
    from inklens.networks.jax_steps import on_accelerator

    return on_accelerator()


def _divergence(label_smoothing: float) -> Callable[[Any, Any], Any]:
    """Cross-entropy less the target's own entropy, so that an outlier that is recognised costs nothing."""

    def loss(target: Any, logits: Any) -> Any:
        cross_entropy = keras.losses.categorical_crossentropy(
            target, logits, from_logits=True, label_smoothing=label_smoothing
        )
        return cross_entropy + keras.ops.sum(target * keras.ops.log(keras.ops.maximum(target, 1e-7)), axis=-1)

    return loss


class _Accuracy(keras.metrics.CategoricalAccuracy):
    """Of images that have a class: outliers, whose target is the same for all classes, have none.

    Beside the logits may be a teacher's answers, which do not count.
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_pred = y_pred[..., : y_true.shape[-1]]
        has_class = keras.ops.cast(keras.ops.max(y_true, axis=-1) > 0.5, self.dtype)
        return super().update_state(y_true, y_pred, has_class)


class _Fade(keras.callbacks.Callback):
    """Augments by a tenth only from an epoch on: the network ends on images as they are."""

    def __init__(self, augment: Augment, first_plain: int) -> None:
        super().__init__()
        self._augment = augment
        self._first_plain = first_plain

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._augment.strength.assign(0.1 if epoch >= self._first_plain else 1.0)
