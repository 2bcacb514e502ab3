"""A run's network as one file for elsewhere, and the proof that the file says what the network says.

Names resolve when they are first used: the list of formats is known without a framework.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inklens.export.exporting import export_run, write_onnx
    from inklens.export.formats import FORMATS, require
    from inklens.export.proof import Proof, prove
    from inklens.export.validation import ValidationOutputs

__all__ = ["FORMATS", "Proof", "ValidationOutputs", "export_run", "prove", "require", "write_onnx"]

_HOMES = {
    "FORMATS": "formats",
    "Proof": "proof",
    "ValidationOutputs": "validation",
    "export_run": "exporting",
    "prove": "proof",
    "require": "formats",
    "write_onnx": "exporting",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
