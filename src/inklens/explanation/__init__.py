"""What a network looks at: filters, feature maps, class activation, and what it says when parts are covered.

Names resolve when they are first used: `occlusion_map` works with any predict function, without Keras.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.explanation.explain import Explanation, explain_network, explain_run
    from inklens.explanation.first_filters import first_layer_filters
    from inklens.explanation.grad_cam import class_activation
    from inklens.explanation.layer_outputs import feature_maps
    from inklens.explanation.occlusion import Occlusion, occlusion_map
    from inklens.explanation.receptive_fields import MapLayer, ReceptiveField, activation_layer, map_layers

__all__ = [
    "Explanation",
    "MapLayer",
    "Occlusion",
    "ReceptiveField",
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
    "Explanation": "explain",
    "MapLayer": "receptive_fields",
    "Occlusion": "occlusion",
    "ReceptiveField": "receptive_fields",
    "activation_layer": "receptive_fields",
    "class_activation": "grad_cam",
    "explain_network": "explain",
    "explain_run": "explain",
    "feature_maps": "layer_outputs",
    "first_layer_filters": "first_filters",
    "map_layers": "receptive_fields",
    "occlusion_map": "occlusion",
}

__getattr__ = lazily(__name__, _HOMES)
