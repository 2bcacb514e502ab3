"""What a network looks at: filters, feature maps, class activation, and what it says when parts are covered.

Names resolve when they are first used: `occlusion_map` works with any predict function, without Keras.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.explanation.explain import (
        Explanation as Explanation,
        explain_run as explain_run,
        normalised_image as normalised_image,
    )
    from inklens.explanation.grad_cam import class_activation as class_activation
    from inklens.explanation.layer_outputs import (
        feature_maps as feature_maps,
        first_layer_filters as first_layer_filters,
    )
    from inklens.explanation.occlusion import Occlusion as Occlusion, occlusion_map as occlusion_map
    from inklens.explanation.receptive_fields import (
        MapLayer as MapLayer,
        ReceptiveField as ReceptiveField,
        activation_layer as activation_layer,
        map_layers as map_layers,
    )

__getattr__, __dir__, __all__ = lazily(__name__)
