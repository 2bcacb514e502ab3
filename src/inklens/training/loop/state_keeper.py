"""What a training needs to go on exactly where it was: taken between two executions, and put back.

Weights, moments, counters, metrics and every random state are variables of Keras, and the order of images is
made from (seed, epoch): a training that goes on ends with the very weights of one that was never stopped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from inklens.errors import DivergedError
from inklens.recipes.recipe import Recipe
from inklens.training.loop.batches import Batches
from inklens.training.loop.checkpoints import Arrays, Checkpoints, TrainingState, is_finite
from inklens.training.loop.divergence import diverged, has_diverged, is_plausible
from inklens.training.loop.time_budget import TimeBudget
from inklens.training.loop.variables import assign, assign_optimizer, values
from inklens.training.loop.watcher import Watcher


class StateKeeper(keras.callbacks.Callback):
    """Writes checkpoints while Keras trains, puts the state of a former one back, and keeps the best network.

    In the list of callbacks it comes after the watcher and the time budget, and before `RecomputeBatchNorm`:
    what goes on is the network as it was before its weights were averaged and its statistics computed anew.

    Args:
        network: the layers that are trained, with their augmentation in front: what checkpoints hold.
        trained: the same as it is compiled, perhaps with a teacher.
        recipe: of the training.
        batches: of its training images.
        watcher: of this training.
        epochs: after so many the training ends; None with a time budget.
        checkpoints: where they are written; None writes none.
        resumed: the state to go on from; None begins.
        time_budget: what counts the time, if anything.
    """

    def __init__(
        self,
        network: keras.Model,
        trained: keras.Model,
        recipe: Recipe,
        batches: Batches,
        watcher: Watcher,
        epochs: int | None,
        checkpoints: Checkpoints | None,
        resumed: TrainingState | None,
        time_budget: TimeBudget | None,
    ) -> None:
        super().__init__()
        self._network, self._trained = network, trained
        self._recipe, self._batches, self._watcher = recipe, batches, watcher
        self._epochs, self._checkpoints, self._time_budget = epochs, checkpoints, time_budget
        self._resumed = resumed
        self._best: Arrays = []
        self._best_epoch = self._waits_from = 0
        self._goes_on = False
        self._confirmed = True  # a step was made from the last checkpoint, and its loss is a number
        self._began = time.perf_counter()
        if checkpoints:
            checkpoints.start()
        if self._resumed:
            self._restore(self._resumed)

    @property
    def evaluates_another(self) -> bool:
        """Whether each evaluation is of a network that may be kept, and is not the one that goes on."""
        return self._recipe.patience is not None or self._recipe.weight_averaging is not None

    @property
    def ended(self) -> bool:
        """Whether the former training came to its end, so that nothing is left to train."""
        state = self._resumed
        if state is None or state.step:
            return False
        if self._epochs is not None and state.epoch >= self._epochs:
            return True
        return state.stopped and state.epochs == self._epochs

    def spans(self, no_end: int) -> list[tuple[int, int]]:
        """(first epoch, the one after the last) of each call of `fit`: the rest of an epoch has its own."""
        if self.ended:
            return []
        state, last = self._resumed, self._epochs or no_end
        first = state.epoch if state else 0
        if state is None or not state.step or first + 1 == last:
            return [(first, last)]
        return [(first, first + 1), (first + 1, last)]

    def first_step(self, epoch: int) -> int:
        """How many steps of an epoch are done already."""
        state = self._resumed
        return state.step if state and state.epoch == epoch else 0

    def _restore(self, state: TrainingState) -> None:
        """Raises RunError where the state is of another network."""
        if state.step:  # metrics have variables once they are used
            self._trained.test_on_batch(*self._batches[0])
        assign(self._network.variables, state.arrays["network"])
        assign_optimizer(self._trained.optimizer, state.arrays["optimizer"])
        if self._epochs is not None and self._recipe.schedule == "constant":  # it may be another now
            self._trained.optimizer.learning_rate = self._recipe.learning_rate
        self._best, self._best_epoch = state.arrays.get("best", []), state.best_epoch
        self._waits_from = state.waits_from
        self._began -= state.seconds
        self._watcher.restore(state)
        if self._time_budget:
            self._time_budget.restore(state.clock, state.step)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._resumed and self.first_step(epoch):  # Keras has just set them to 0
            assign(self._trained.metrics_variables, self._resumed.arrays["metrics"])

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._confirmed = self._confirmed or is_plausible(self._watcher.loss, self._network.output_shape[-1])
        if self._checkpoints and self._checkpoints.due(epoch_ends=False):
            self.write_within_epoch()

    def write_within_epoch(self) -> None:
        """Writes a checkpoint now; after the last step of an epoch none, as its evaluation follows."""
        between = self._watcher.between_steps and self._watcher.done < self._batches.steps
        if self._checkpoints is None or not between:
            return
        if not is_plausible(self._watcher.loss, self._network.output_shape[-1]):
            return
        if keras.config.backend() == "jax":  # else the variables are those of the last time
            self._trained.jax_state_sync()
        arrays = {**self._variables(), "metrics": values(self._trained.metrics_variables)}
        self._write(self._checkpoints, arrays, self._watcher.epoch, self._watcher.done)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._before_evaluation = self._variables()
        self._average()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        losses = [record["val_loss"] or 0 for record in self._watcher.history]
        ends = self.model.stop_training or epoch + 1 == self._epochs
        if self._recipe.patience is not None:
            if not self._best or losses[-1] < losses[self._best_epoch - 1]:
                self._best, self._best_epoch = values(self._network.weights), epoch + 1
            elif epoch + 1 - max(self._best_epoch, self._waits_from) >= self._recipe.patience:
                ends = self.model.stop_training = True
        good = not has_diverged(self._watcher.history, self._network.output_shape[-1])
        if self._checkpoints and good and (ends or self._checkpoints.due(epoch_ends=True)):
            self._write(self._checkpoints, self._before_evaluation, epoch + 1, 0)
        self._goes_on = not ends
        if self.evaluates_another and not ends:
            assign(self._network.variables, self._before_evaluation["network"])

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._recipe.weight_averaging is not None and self._goes_on:  # Keras has just put the mean there
            assign(self._network.variables, self._before_evaluation["network"])

    def _write(self, checkpoints: Checkpoints, arrays: dict[str, Arrays], epoch: int, step: int) -> None:
        state = TrainingState(
            epoch=epoch,
            step=step,
            epochs=self._epochs,
            stopped=bool(self.model.stop_training),
            history=self._watcher.history,
            seconds=self.seconds,
            epoch_seconds=self._watcher.epoch_seconds if step else 0.0,
            best_epoch=self._best_epoch,
            waits_from=self._waits_from,
            clock=self._time_budget.to_dict() if self._time_budget else {},
            parts=self._batches.parts,
            arrays={**arrays, "best": self._best},
        )
        if not is_finite(state):
            place = (epoch + 1, step) if step else (epoch, self._batches.steps)
            raise diverged(*place, self._recipe, self._watcher.rate())
        checkpoints.write(state)
        self._confirmed = False

    @contextmanager
    def keeping_what_is_good(self) -> Iterator[None]:
        """Where the training inside diverges, removes a checkpoint from which no step came out well."""
        try:
            yield
        except DivergedError:
            if self._checkpoints and not self._confirmed:
                self._checkpoints.remove_last()
            raise

    @property
    def seconds(self) -> float:
        """That the training has taken, in former processes too."""
        return time.perf_counter() - self._began

    def put_back_what_is_kept(self) -> bool:
        """Gives the network the weights of its best epoch; where none is kept, the averaged ones.

        Returns:
            Whether statistics of batch normalisation are to be computed for them.
        """
        if self._best:
            assign(self._network.weights, self._best)
        elif self.ended:
            self._average()
        return not self._best

    def _average(self) -> None:
        """Replaces the weights by their running mean, where the recipe asks for it."""
        if self._recipe.weight_averaging is not None:
            self._trained.optimizer.finalize_variable_values(self._trained.trainable_variables)
            # On JAX they are the very buffers of the means now, which an evaluation would use up.
            assign(self._trained.trainable_variables, values(self._trained.trainable_variables))

    def _variables(self) -> dict[str, Arrays]:
        optimizer = self._trained.optimizer
        return {"network": values(self._network.variables), "optimizer": values(optimizer.variables)}
