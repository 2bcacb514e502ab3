"""What a network looks at: filters, feature maps, class activation, and what it says when parts are covered.

Names resolve when they are first used: `occlusion_map` works with any predict function, without Keras.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.explanation.activation import class_activation
    from inklens.explanation.explaining import Explanation, explain_network, explain_run
    from inklens.explanation.features import feature_maps
    from inklens.explanation.filters import first_layer_filters
    from inklens.explanation.layers import MapLayer, Sight, activation_layer, map_layers
    from inklens.explanation.occlusion import Occlusion, occlusion_map

__all__ = [
    "Explanation",
    "MapLayer",
    "Occlusion",
    "Sight",
    "activation_layer",
    "class_activation",
    "explain_network",
    "explain_run",
    "feature_maps",
    "first_layer_filters",
    "map_layers",
    "occlusion_map",
]

_HOMES = {
    "Explanation": "explaining",
    "MapLayer": "layers",
    "Occlusion": "occlusion",
    "Sight": "layers",
    "activation_layer": "layers",
    "class_activation": "activation",
    "explain_network": "explaining",
    "explain_run": "explaining",
    "feature_maps": "features",
    "first_layer_filters": "filters",
    "map_layers": "layers",
    "occlusion_map": "occlusion",
}

__getattr__ = lazily(__name__, _HOMES)
