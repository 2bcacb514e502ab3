"""What is done where the memory of a GPU is too small for a batch: each one is trained in two halves.

The gradients of the halves are added up before a step is made (gradient accumulation), so that the effective
batch size, the number of steps and the schedule stay what they were. Only batch normalisation sees halves.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import TypeVar

from inklens.errors import OptionError
from inklens.recipes.recipe import Recipe

HALVES = 2
_NAMES = ("ResourceExhaustedError", "OutOfMemoryError", "MemoryError")  # TensorFlow's, PyTorch's, NumPy's
_SAID = ("RESOURCE_EXHAUSTED", "out of memory", "can't allocate memory")  # JAX, and PyTorch on a CPU
_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a framework says by this error that the memory of its device is used up."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if names.intersection(_NAMES):
        return True
    return isinstance(error, RuntimeError) and any(said.casefold() in str(error).casefold() for said in _SAID)


def in_halves_where_needed(
    attempt: Callable[[int], _Result], recipe: Recipe, start_anew: Callable[[], None]
) -> _Result:
    """What a training gives that is done with whole batches or, where memory runs out, once more with halves.

    Args:
        attempt: trains with each batch in so many parts.
        recipe: of the training.
        start_anew: puts everything back to where the training began.

    Raises:
        OptionError: the memory is too small for halves, too.
    """
    try:
        return attempt(1)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        if recipe.batch_size == 1:
            raise _too_large(recipe) from error
    gc.collect()  # what the failed attempt holds on the device; its frames are gone with its error
    start_anew()
    try:
        return attempt(HALVES)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise _too_large(recipe) from error


def say_halves(recipe: Recipe, tell: Callable[[str], None] | None) -> None:
    """Says that batches are trained in halves: to the log at once, and to whoever writes the run's notes."""
    text = (
        f"the device has too little memory for batches of {recipe.batch_size:,} images: each is trained in "
        f"two halves, whose gradients are added up; the effective batch size stays {recipe.batch_size:,}"
    )
    _log.warning("%s", text)
    if tell:
        tell(text)


def _too_large(recipe: Recipe) -> OptionError:
    smaller = max(1, recipe.batch_size // 4)
    return OptionError(
        f"batch_size {recipe.batch_size} needs more memory than the device has, in halves too: give a "
        f"smaller one, such as --batch-size {smaller}"
    )
