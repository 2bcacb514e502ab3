"""The layers of a trained network as the start of another training: few images then need not teach them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inklens.errors import OptionError
from inklens.recipes import Committee, Recipe
from inklens.run import Run

if TYPE_CHECKING:
    import keras

_HEAD = 2  # the weights of the last layer, which are the classes': kernel and bias


def as_wide_as(recipe: Recipe, source: str | Path, kind: str) -> Recipe:
    """The recipe with the width of a run's network, where its own would be fitted to the number of images.

    Args:
        source: a run's folder.
        kind: of the data that are to be learnt.

    Raises:
        RunError: no finished run.
    """
    own, network = Run.open(source).recipe, recipe.for_kind(kind).network
    fitted = kind == "things" and "width" in recipe.things
    if not fitted or isinstance(own, Committee) or own.network != network or own.width is None:
        return recipe
    return recipe.with_options(width=own.width)


def start_from(network: keras.Model, source: str | Path) -> None:
    """Puts the weights of a run's network into a network of the same kind, but for its last layer.

    Args:
        network: as `build_network` makes it; changed in place.
        source: a run's folder.

    Raises:
        OptionError: the run's network is of another kind, or of images of another channel count.
        RunError: no finished run, or a committee.
    """
    run = Run.open(source)
    own, given = network.get_weights(), run.network.get_weights()
    same = [one.shape == other.shape for one, other in zip(own[:-_HEAD], given[:-_HEAD], strict=False)]
    if len(own) != len(given) or not all(same):
        raise OptionError(
            f"{run.path} has a {getattr(run.recipe, 'network', 'committee')} for images of "
            f"{run.network.input_shape[1:]}; expected {network.name.replace('_', '-')} for "
            f"{network.input_shape[1:]}: give the same --network, --width, --size and --channels"
        )
    network.set_weights([*given[:-_HEAD], *own[-_HEAD:]])
