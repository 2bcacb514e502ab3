"""The history of a training, and what is told of it while it goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import keras

from inklens.recipes.recipe import Recipe
from inklens.training.loop.batches import Batches
from inklens.training.loop.checkpoints import History, TrainingState
from inklens.training.loop.divergence import check_finite
from inklens.training.loop.optimizers import learning_rate_at
from inklens.training.loop.time_budget import TimeBudget
from inklens.training.progress import EpochProgress, Progress

OnEpoch = Callable[[History], None]


class Watcher(keras.callbacks.Callback):
    """Gives each epoch its order of images, keeps the history, and tells what happens.

    Args:
        batches: of the training images.
        recipe: of the training, for messages.
        epochs: how many there will be.
        progress: called after every execution and at the end of every epoch.
        on_epoch: called with the history so far after every epoch.
        time_budget: what ends the training, if not the epochs.
    """

    def __init__(
        self,
        batches: Batches,
        recipe: Recipe,
        epochs: int,
        progress: Progress | None,
        on_epoch: OnEpoch | None,
        time_budget: TimeBudget | None,
    ) -> None:
        super().__init__()
        self.history: History = []
        self.epoch = self.done = 0
        self.between_steps = True  # false within a batch that is trained in parts
        self.loss = math.nan  # mean over the epoch so far
        self._batches, self._recipe, self._epochs = batches, recipe, epochs
        self._progress, self._on_epoch, self._time_budget = progress, on_epoch, time_budget
        self._gone = 0.0  # seconds of the epoch that runs, in a process before this one

    def restore(self, state: TrainingState) -> None:
        """Goes on from a former training."""
        self.history[:] = state.history
        self.epoch, self.done, self._gone = state.epoch, state.step, state.epoch_seconds

    @property
    def epoch_seconds(self) -> float:
        """That the epoch which runs has taken."""
        return time.perf_counter() - self._started

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if epoch != self.epoch:
            self.done, self._gone = 0, 0.0
        self.epoch = epoch
        self._batches.start_epoch(epoch, self.done)
        self._started = self._trained = time.perf_counter() - self._gone

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._trained = time.perf_counter()
        self.done, self.between_steps = self._batches.steps_done(batch), self._batches.ends_step(batch)
        record = self._record(logs or {})
        check_finite(record, self._recipe, self.rate())
        self.loss = record.loss
        if self._progress and self.between_steps:
            self._progress(record)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        record = self._record(logs or {}, finished=True)
        check_finite(record, self._recipe, self.rate())
        losses = {name: getattr(record, name) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
        times = {name: round(getattr(record, name), 3) for name in ("seconds", "ms_per_step")}
        self.history.append({"epoch": record.epoch, "steps": record.step, **losses, **times})
        if self._on_epoch:
            self._on_epoch(self.history)
        if self._progress:
            self._progress(record)

    def rate(self) -> float:
        """The learning rate of the last step."""
        if self._time_budget is not None:
            return self._time_budget.learning_rate
        steps = self._batches.steps
        return learning_rate_at(self._recipe, (self.epoch * steps + self.done) / (self._epochs * steps))

    def _record(self, logs: dict[str, Any], finished: bool = False) -> EpochProgress:
        now = time.perf_counter()
        numbers = {name: float(value) for name, value in logs.items()}
        return EpochProgress(
            epoch=self.epoch + 1,
            epochs=self._expected_epochs(),
            step=self.done,
            steps=self._batches.steps,
            seconds=now - self._started,
            ms_per_step=1000 * (self._trained - self._started) / max(1, self.done),
            loss=numbers["loss"],
            accuracy=numbers["accuracy"],
            val_loss=numbers.get("val_loss"),
            val_accuracy=numbers.get("val_accuracy"),
            finished=finished,
        )

    def _expected_epochs(self) -> int:
        if self._time_budget is None:
            return self._epochs
        return max(self.epoch + 1, math.ceil(self._time_budget.epochs))
