"""A run's network as one file for elsewhere, and the proof that the file says what the network says.

Names resolve when they are first used: the list of formats is known without a framework.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.export.formats import FORMATS as FORMATS, require as require
    from inklens.export.proof import Proof as Proof, prove as prove
    from inklens.export.run_export import export_run as export_run, write_onnx as write_onnx
    from inklens.export.validation_outputs import ValidationOutputs as ValidationOutputs

__getattr__, __dir__, __all__ = lazily(__name__)
