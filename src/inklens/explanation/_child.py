"""The child process of an explanation: Keras on TensorFlow; see `inklens.networks.tensorflow_child`."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from inklens.explanation.explain import explain_network
from inklens.networks.tensorflow_child import answer


def explain(task: dict[str, Any]) -> dict[str, str]:
    """Explains the task's image; the answer is the file that holds the explanation."""
    from inklens.networks.keras_file import load_network

    scratch = Path(task["scratch"])
    image = np.load(scratch / "image.npy", allow_pickle=False)
    written = scratch / "explanation.npz"
    ood_detector = task["ood_detector"] and load_network(task["ood_detector"])
    explain_network(load_network(task["model"]), image, ood_detector=ood_detector, **task["options"]).save(
        written
    )
    return {"explanation": str(written)}


if __name__ == "__main__":
    sys.exit(answer(explain))
