"""The child process of an export: Keras on TensorFlow; see `inklens.networks.tensorflow_child`."""

import sys
from pathlib import Path
from typing import Any

from inklens.classifier.metadata import ModelMetadata
from inklens.export.run_export import write_proved
from inklens.export.validation_outputs import ValidationOutputs
from inklens.networks.tensorflow_child import answer
from inklens.run_folder import RunFolder


def export(task: dict[str, Any]) -> dict[str, Any]:
    """Exports what the task says; the answer is the proof."""
    from inklens.networks.ensemble import Ensemble

    folder = RunFolder(Path(task["run"]))
    proof = write_proved(
        Ensemble.load(folder.networks()),
        ModelMetadata.from_json(task["metadata"]),
        ValidationOutputs.read(folder).images,
        task["format"],
        Path(task["target"]),
    )
    return {"images": proof.images, "largest_difference": proof.largest_difference}


if __name__ == "__main__":
    sys.exit(answer(export))
