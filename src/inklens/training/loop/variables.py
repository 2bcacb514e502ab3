"""The values of Keras variables as arrays, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from inklens.errors import RunError
from inklens.training.loop.checkpoints import Arrays


def values(variables: Sequence[Any]) -> Arrays:
    """Copies: on PyTorch the arrays would change with the weights."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: Sequence[Any], arrays: Arrays) -> None:
    """The opposite of `values`.

    Raises:
        RunError: they are of another network.
    """
    shapes = [tuple(variable.shape) for variable in variables], [array.shape for array in arrays]
    if shapes[0] != shapes[1]:
        raise RunError(
            f"the checkpoint holds {len(arrays)} arrays of other shapes than the network's {len(variables)}: "
            "it is of another recipe, backend or version; train the run again"
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def assign_optimizer(optimizer: keras.optimizers.Optimizer, arrays: Arrays) -> None:
    """The same for an optimiser, of which the arrays may be of a time when it did not add up gradients.

    Raises:
        RunError: they are of another network.
    """
    parts = optimizer.gradient_accumulation_steps or 1
    adds = [variable.name.endswith("gradient_accumulator") for variable in optimizer.variables]
    if parts > 1 and len(arrays) == len(adds) - sum(adds):
        given = iter(arrays)
        arrays = [
            np.zeros(variable.shape, np.float32) if added else next(given)
            for variable, added in zip(optimizer.variables, adds, strict=True)
        ]
        arrays[0] = arrays[0] * parts  # steps, of which it now counts the parts
    assign(optimizer.variables, arrays)
