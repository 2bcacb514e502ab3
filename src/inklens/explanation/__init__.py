"""What a network looks at: the filters of its first layer."""

from inklens.explanation.filters import first_layer_filters

__all__ = ["first_layer_filters"]
