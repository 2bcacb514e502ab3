"""A run's network as one file for elsewhere, and the proof that the file says what the network says.

Names resolve when they are first used: the list of formats is known without a framework.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.export.formats import FORMATS, require
    from inklens.export.proof import Proof, prove
    from inklens.export.run_export import export_run, write_onnx
    from inklens.export.validation_outputs import ValidationOutputs

__all__ = [
    "FORMATS",
    "Proof",
    "ValidationOutputs",
    "export_run",
    "prove",
    "require",
    "write_onnx",
]

_HOMES = {
    "FORMATS": "formats",
    "Proof": "proof",
    "ValidationOutputs": "validation_outputs",
    "export_run": "run_export",
    "prove": "proof",
    "require": "formats",
    "write_onnx": "run_export",
}

__getattr__ = lazily(__name__, _HOMES)
