"""The layers of a trained network as the start of another training: few images then need not teach them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inklens.errors import OptionError
from inklens.run import Run

if TYPE_CHECKING:
    import keras

_HEAD = 2  # the weights of the last layer, which are the classes': kernel and bias


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
            f"{run.network.input_shape[1:]}; expected "
            f"{network.name} for {network.input_shape[1:]}: give the same --network, --size and --channels"
        )
    network.set_weights([*given[:-_HEAD], *own[-_HEAD:]])
