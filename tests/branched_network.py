"""A small residual network, added as CONTRIBUTING.md says; nothing in src knows of it."""

from typing import Any

import pytest

from inklens.networks import NETWORKS, architectures

NAME = "branched"


def branched(add: architectures.Builder, x: Any) -> Any:
    """Two residual blocks: one that keeps the size, one whose way around is a convolution, too."""
    x = add.normalised_conv(x, 8, 3, padding="same")
    inner = add.normalised_conv(x, 8, 3, padding="same")
    inner = add.normalise(add.conv(inner, 8, 3, padding="same", use_bias=False))
    x = add.pool(add.activate(add.sum(x, inner)))
    inner = add.drop(add.normalised_conv(x, 12, 3, padding="same"), 0.1)
    inner = add.normalise(add.conv(inner, 12, 3, padding="same", use_bias=False))
    x = add.activate(add.sum(add.conv(x, 12, 1), inner))
    return add.average_all(x)


def register(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(NETWORKS, NAME, "two residual blocks")
    patch.setitem(architectures.BODIES, NAME, branched)
