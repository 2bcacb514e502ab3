"""What training on JAX compiles as a whole: several steps of an accelerator, and a run without a gradient.

Keras's `steps_per_execution` on JAX is a loop in Python: each step is dispatched by itself, at a few
milliseconds, in which an accelerator computes several steps of a small network. Here the loop is compiled. On
a CPU it would be slower: there XLA computes a convolution inside of a loop on one core.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from itertools import groupby, islice
from typing import Any

import jax
import keras
import numpy as np
from numpy.typing import NDArray

State = Any  # Keras's lists of arrays: trainable, other, the optimiser's, and the metrics' variables
Logs = dict[str, Any]
TrainFunction = Callable[[State, Iterator[Any]], tuple[Logs, State]]


def on_accelerator() -> bool:
    """Whether JAX computes on anything but the CPU."""
    return bool(jax.default_backend() != "cpu")


def compiled_steps(trained: keras.Model, steps: int) -> TrainFunction:
    """What `keras.Model.train_function` is on JAX, with the loop over its steps compiled.

    Args:
        trained: compiled, and built with its optimiser.
        steps: how many batches one call takes; fewer where an epoch ends.

    Returns:
        (state, iterator over batches of images and targets) -> the logs of the last step, and the state.
    """

    def run(state: State, images: Any, targets: Any, count: Any) -> tuple[Logs, State]:
        def step(number: Any, now: tuple[Logs, State]) -> tuple[Logs, State]:
            logs, state = trained.train_step(now[1], (images[number], targets[number]))
            done: tuple[Logs, State] = jax.tree.map(
                lambda new, old: new.astype(old.dtype), (logs, state), now
            )
            return done

        logs, _ = jax.eval_shape(trained.train_step, state, (images[0], targets[0]))
        none = jax.tree.map(lambda leaf: jax.numpy.zeros(leaf.shape, leaf.dtype), logs)
        last: tuple[Logs, State] = jax.lax.fori_loop(0, count, step, (none, state))
        return last

    compiled = jax.jit(run, donate_argnums=0)

    def execute(state: State, batches: Iterator[Any]) -> tuple[Logs, State]:
        taken = list(islice(batches, steps))
        if not taken:
            raise StopIteration
        logs: Logs = {}
        for _, alike in groupby(taken, key=lambda batch: batch[0].shape):
            group = list(alike)
            # Filled up, so that it is compiled once for every size of a batch.
            filled = [*group, *[group[-1]] * (steps - len(group))]
            # Stacked before they are sent: one transfer, not one for each batch.
            images, targets = (np.stack([np.asarray(batch[part]) for batch in filled]) for part in (0, 1))
            logs, state = compiled(state, images, targets, len(group))
        return logs, state

    return execute


# By network.
_forward: weakref.WeakKeyDictionary[keras.Model, Any] = weakref.WeakKeyDictionary()


def run_as_in_training(network: keras.Model, images: NDArray[np.uint8]) -> None:
    """Runs a network as in training, for what it changes in its variables.

    JAX would compile each of its operators by itself, which takes longer than a short training.

    Args:
        images: uint8 (N, H, W, C), 0-255.
    """
    if network not in _forward:
        own = weakref.proxy(network)
        _forward[network] = jax.jit(
            lambda learnt, others, images: own.stateless_call(learnt, others, images, training=True)[1]
        )
    learnt, others = network.trainable_variables, network.non_trainable_variables
    values = [[variable.value for variable in each] for each in (learnt, others)]
    for variable, value in zip(others, _forward[network](*values, images), strict=True):
        variable.assign(value)
