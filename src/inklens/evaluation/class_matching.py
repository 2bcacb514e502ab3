"""The classes of a data set matched with those of a network: by name, never by position."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import DataError

_LISTED = 20


def match_classes(
    labels: ArrayLike, data_names: Sequence[str], network_names: Sequence[str], source: str
) -> NDArray[np.int64]:
    """The labels in the network's order: int64 (N,), 0 to len(network_names) - 1.

    Classes that no image has need not be the network's; the data may lack any of the network's.

    Args:
        labels: int (N,), 0 to len(data_names) - 1.
        data_names: the data's classes, in the order of its labels.
        network_names: the network's classes, in the order of its outputs.
        source: what the data are called, for the message.

    Raises:
        DataError: an image has a class that the network does not know; all such classes are named.

    Example:
        >>> match_classes([0, 1], ["dog", "cat"], ["ant", "cat", "dog"], "pets")
        array([2, 1])
    """
    y = np.asarray(labels)
    place = {name: index for index, name in enumerate(network_names)}
    strange = [data_names[label] for label in np.unique(y) if data_names[label] not in place]
    if strange:
        raise DataError(
            f"{source} has the classes {listed(strange)}, which the network does not know; "
            f"expected its own, {listed(network_names)}: classes are matched by name, so rename them or "
            "take their images out"
        )
    # -1 is never read: no image has such a class.
    matched: NDArray[np.int64] = np.array([place.get(name, -1) for name in data_names], np.int64)[y]
    return matched


def listed(names: Sequence[str]) -> str:
    """Names for a message, cut where there are very many."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
