"""SHA-256 of the weights that each preset ends with on the embedded sample: did a change touch the numerics?

    python benchmarks/weights.py
    python benchmarks/weights.py --presets fast fast:things tutorial-b

Run it before a change and after it, on one machine: the same seed gives the same weights only with the same
processor, number of threads and versions. The table says whether the digests are those of the former result.
"""

import hashlib
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import h5py

import inklens
import record

PRESETS = ("fast", "fast:things", "tutorial-b", "tutorial-c", "accurate", "tutorial-a")


def digest(model: Path) -> str:
    """The first 16 hexadecimal digits over all weights of a .keras file, by the order of their names."""
    sha = hashlib.sha256()
    for array in arrays(model).values():
        sha.update(array.tobytes())
    return sha.hexdigest()[:16]


def arrays(model: Path) -> dict[str, Any]:
    """All weights of a .keras file by their names in it, in the order of the names."""
    found: dict[str, Any] = {}

    def add(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with zipfile.ZipFile(model) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        file.visititems(add)
    return found


def measured(training: str) -> dict[str, Any]:
    """Digests by file, and the test scores, of one training: "PRESET" or "PRESET:things"."""
    preset, _, kind = training.partition(":")
    with tempfile.TemporaryDirectory() as scratch:
        run = inklens.train(inklens.load("sample", kind=kind or None), preset, output=scratch)
        models = sorted(run.path.rglob("*.keras"))
        weights = {str(model.relative_to(run.path)): digest(model) for model in models}
        metrics = run.metrics
    loss, accuracy = metrics["uncalibrated"]["test"]["loss"], metrics["test"]["accuracy"]
    return {"weights": weights, "loss": loss, "accuracy": accuracy}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--presets", nargs="+", default=PRESETS, metavar="PRESET[:things]")
    given = parser.parse_args()
    former = record.read("weights").get("presets", {})
    found = {}
    for training in given.presets:
        found[training] = measured(training)
        for file, sha in found[training]["weights"].items():
            before = former.get(training, {}).get("weights", {}).get(file)
            compared = "new" if before is None else "same" if before == sha else "DIFFERENT"
            print(f"{training:<12} {file:<28} {sha}  {compared}", flush=True)
    record.write("weights", {"presets": {**former, **found}}, dry=given.dry)


if __name__ == "__main__":
    main()
