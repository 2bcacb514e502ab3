"""Accuracy of a preset on the test set: mean and standard deviation over seeds.

    python benchmarks/accuracy.py --preset tutorial-c --seeds 3

Nothing is chosen here: every run is the preset as it stands, and every run counts. Finished runs stay in
`--runs` and are not trained again when the command is started again; a committee goes on with the members
that it lacks.
"""

import argparse
import json
import statistics
from pathlib import Path

import inklens
import record
from inklens.runs import RunFolder
from inklens.training import recipe_for


def finished(preset: str, data: inklens.Dataset, seed: int, runs: Path) -> RunFolder:
    """The run of this seed, trained now unless it is there."""
    name = f"{data.name}-{preset}-seed{seed}"
    recipe = recipe_for(preset, seed=seed)
    if (runs / name / "status.json").exists():
        folder = RunFolder.open(runs / name)
        if folder.status()["state"] == "done":
            return folder
        if isinstance(recipe, inklens.Committee):
            return inklens.resume(folder.path).folder
        raise SystemExit(f"{folder.path} was not finished: remove it and start again")
    return inklens.train(data, recipe, output=runs, name=name).folder


def _members(metrics: dict) -> dict:
    """A committee's members by name: what each reaches by itself, and in which time."""
    members = metrics["training"].get("members", [])
    figures = {one["name"]: {key: one[key] for key in ("accuracy", "seconds")} for one in members}
    return {"members": figures} if figures else {}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, default=Path("runs/accuracy"))
    given = parser.parse_args()
    data = inklens.load(given.data)
    parts = []
    for seed in range(given.seeds):
        folder = finished(given.preset, data, seed, given.runs)
        metrics, made = folder.read_json(folder.metrics), folder.read_json(folder.environment)
        scores = metrics["test"]
        parts.append(
            {
                "seed": seed,
                "accuracy": scores["accuracy"],
                "interval_95": scores["accuracy_interval_95"],
                "loss": scores["loss"],
                "training_seconds": metrics["training"]["seconds"],
                "date": made["date"],
                "backend": made["backend"],
                "precision": made["precision"],
                **_members(metrics),
            }
        )
        print(f"seed {seed}: {100 * scores['accuracy']:.2f} %", flush=True)
    accuracies = [part["accuracy"] for part in parts]
    figures = {
        "preset": given.preset,
        "data": {"name": data.name, "fingerprint": data.fingerprint, "test_images": len(data.test)},
        "mean_accuracy": statistics.mean(accuracies),
        "standard_deviation": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        "median_training_seconds": statistics.median(part["training_seconds"] for part in parts),
        "runs": parts,
    }
    print(json.dumps({name: figures[name] for name in ("mean_accuracy", "standard_deviation")}))
    record.write(f"accuracy-{given.data}-{given.preset}", figures)


if __name__ == "__main__":
    main()
