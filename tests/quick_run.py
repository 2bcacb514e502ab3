"""A training of a second or two, and what is compared of two runs."""

import csv
import shutil
import subprocess

from inklens.networks.keras_file import load_network
from inklens.recipes import Recipe
from inklens.run import Run

CAN_MOUNT = (
    shutil.which("unshare") is not None
    and subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
)
QUICK = Recipe(network="conv5x5", epochs=2, batch_size=100, schedule="constant", validation_split=150)


def end_state(run: Run) -> tuple[list[bytes], list[dict[str, str]]]:
    """The bytes of all weights, and the history without its times."""
    networks = sorted(run.path.glob("*.keras"))
    weights = [array.tobytes() for path in networks for array in load_network(path).get_weights()]
    with run.folder.history.open(encoding="utf-8") as file:
        rows = [
            {name: cell for name, cell in row.items() if name not in ("seconds", "ms_per_step")}
            for row in csv.DictReader(file)
        ]
    return weights, rows
