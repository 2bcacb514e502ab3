"""A trained network over HTTP, on one machine: `inklens serve`. No Keras in its processes."""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.serving.application import create_app as create_app
    from inklens.serving.settings import Limits as Limits, ServerSettings as ServerSettings
    from inklens.serving.supervisor import Supervisor as Supervisor

__getattr__, __dir__, __all__ = lazily(__name__)
