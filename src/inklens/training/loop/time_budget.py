"""Training against the clock: the first steps tell how fast the machine is, and the schedule is fitted to it.

The place in the schedule is the share of the steps that there is time for, estimated anew at every execution,
so that a machine that slows down still ends on time, with a learning rate that has come down to nothing
(budgeted training: Li, Yumer and Ramanan 2020). How many steps are done depends on the machine: the same
seed does not give the same weights.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from typing import Any

import keras

from inklens.networks.augmentation import Augment
from inklens.recipes.recipe import Recipe
from inklens.training.loop.optimizers import learning_rate_at

# A step of an evaluation, until one was measured, and of the last statistics: a forward pass, of three parts
# of a training step.
_FORWARD = 1 / 3
_REMEMBERED = 20


class TimeBudget(keras.callbacks.Callback):
    """Sets learning rate and augmentation before every execution, and ends the training on time.

    Args:
        recipe: with a time budget.
        steps: steps in an epoch.
        validation: steps of an evaluation, in training steps of as many images.
        per_execution: steps in one execution.
        augment: what changes the training images, if anything.
        statistics: steps of the forward passes before the last evaluation; see
            `inklens.training.loop.batch_norm_statistics`.
        parts: in which Keras is given each batch.
        gone: seconds of the time that are used up already.
    """

    def __init__(
        self,
        recipe: Recipe,
        steps: int,
        validation: float,
        per_execution: int,
        augment: Augment | None,
        statistics: float = 0.0,
        parts: int = 1,
        gone: float = 0.0,
    ) -> None:
        super().__init__()
        self._recipe, self._augment, self._statistics = recipe, augment, statistics
        self._steps, self._validation, self._per_execution = steps, validation, per_execution
        self._parts = parts
        self._ends = time.perf_counter() + (recipe.time_budget or 0) - gone
        self._done = self._in_epoch = self._before = 0
        self.learning_rate = recipe.learning_rate
        self._step_seconds: deque[float] = deque(maxlen=_REMEMBERED)
        self._validation_seconds: float | None = None
        self._compile_seconds = 0.0
        self._first = 0  # steps of the epoch that begins, done in a process before this one
        self._compiled = False

    def to_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps: the time that is used up, and what was measured in it."""
        return {
            "seconds_left": self._ends - time.perf_counter(),
            "done": self._done,
            "step_seconds": list(self._step_seconds),
            "validation_seconds": self._validation_seconds,
            "compile_seconds": self._compile_seconds,
        }

    def restore(self, kept: dict[str, Any], first: int) -> None:
        """Goes on with the time that was left, after so many steps of an epoch; it compiles anew."""
        self._ends = time.perf_counter() + kept["seconds_left"]
        self._done, self._first = kept["done"], first
        self._step_seconds.extend(kept["step_seconds"])
        self._validation_seconds, self._compile_seconds = kept["validation_seconds"], kept["compile_seconds"]

    @property
    def epochs(self) -> float:
        """How many there will be, as far as can be told."""
        return (self._done + self._left()) / self._steps

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._in_epoch = self._before = self._first
        self._first = 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch % self._parts:  # on PyTorch an execution is one part of a step
            return
        self._began = time.perf_counter()
        middle = self._done + min(self._per_execution, self._left()) / 2
        place = middle / (self._done + self._left()) if self._step_seconds else 0.0
        if keras.config.backend() == "jax":  # else what is assigned between two steps is lost
            self.model.jax_state_sync()
        self.learning_rate = self.model.optimizer.learning_rate = learning_rate_at(self._recipe, place)
        if self._augment:
            plain = self._recipe.plain_epochs / self._recipe.epochs
            self._augment.strength.assign(0.1 if place >= 1 - plain else 1.0)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if (batch + 1) % self._parts:
            return
        in_epoch = min(self._before + (batch + 1) // self._parts, self._steps)
        steps = in_epoch - self._in_epoch
        self._in_epoch, self._done = in_epoch, self._done + steps
        seconds = (time.perf_counter() - self._began) / steps
        if self._compiled:
            self._step_seconds.append(seconds)
        elif self._done == steps:  # of a training that goes on, what is known of it is from before
            self._compile_seconds = seconds * steps
        self._compiled = True
        # Rounded to whole executions: the next one is done if more than half of it fits.
        if self._left() < min(self._per_execution, self._steps - self._in_epoch or self._steps) / 2:
            self.model.stop_training = True

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._test_began = time.perf_counter()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._validation_seconds = time.perf_counter() - self._test_began

    def _left(self) -> float:
        """How many more steps there is time for, when an evaluation follows every epoch and the last step."""
        left = self._ends - time.perf_counter()
        if not self._step_seconds:  # nothing is known but how long the first execution took, compiled
            return self._per_execution if left > self._compile_seconds else 0.0
        step = statistics.median(self._step_seconds)
        left -= _FORWARD * self._statistics * step
        evaluation = self._validation_seconds
        if evaluation is None:
            evaluation = _FORWARD * (self._validation * step + self._compile_seconds)
        rest_of_epoch, epoch = self._steps - self._in_epoch, self._steps * step + evaluation
        first = rest_of_epoch * step + evaluation
        if left <= first:
            return max(0.0, (left - evaluation) / step)
        whole, left = divmod(left - first, epoch)
        return rest_of_epoch + whole * self._steps + max(0.0, (left - evaluation) / step)
