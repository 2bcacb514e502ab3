"""The child process of an export: Keras on TensorFlow, a task as JSON on standard input, one line back."""

import json
import os
import sys
from pathlib import Path

from inklens.classifier.metadata import ModelMetadata
from inklens.errors import InklensError
from inklens.export.exporting import write_proved
from inklens.export.validation import ValidationOutputs
from inklens.runs import RunFolder


def main() -> int:
    """Exports what standard input says; returns the exit code."""
    task = json.load(sys.stdin)
    # TensorFlow and its converters write to standard output too: the answer gets it to itself.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        from inklens.networks.loading import load_network

        folder = RunFolder(Path(task["run"]))
        proof = write_proved(
            load_network(folder.model),
            ModelMetadata.from_json(task["metadata"]),
            ValidationOutputs.read(folder).images,
            task["format"],
            Path(task["target"]),
        )
    except InklensError as error:
        json.dump({"error": type(error).__name__, "message": str(error)}, answer)
        return error.exit_code
    else:
        json.dump({"images": proof.images, "largest_difference": proof.largest_difference}, answer)
        return 0
    finally:
        answer.close()


if __name__ == "__main__":
    sys.exit(main())
