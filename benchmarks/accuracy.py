"""Accuracy of a preset on the test set: mean and standard deviation over seeds.

    python benchmarks/accuracy.py --preset tutorial-c --seeds 3
    python benchmarks/accuracy.py --preset distilled --teacher runs/accuracy/mnist-committee-seed0 --seeds 3

Nothing is chosen here: every run is the preset as it stands, and every run counts. Each carries its recipe
into the result, and a later start takes over those whose recipe and data are today's, with `--fresh` none.
Runs stay in `--runs`: a finished one is not trained again, and one that was interrupted is resumed.
"""

import json
import statistics
from pathlib import Path
from typing import Any

import inklens
import record
from inklens.errors import OptionError
from inklens.evaluation import Confidence
from inklens.export import ValidationOutputs
from inklens.run_folder import RunFolder
from inklens.training.other_runs.teacher import TeacherRun

MAX_ERROR = 0.001
CALIBRATED = ("nll", "ece", "answered_at_max_error", "wrong_among_answered")


def measured(
    known: dict[str, Any], recipe: record.AnyRecipe, seed: int, fingerprint: str, teacher: str | None = None
) -> dict[str, Any] | None:
    """The part of a result that a run of this seed and this recipe would measure again; None: it has none.

    Args:
        known: a former result; its machine and versions are those of parts that do not name their own.
        fingerprint: of the data as they are today.
        teacher: SHA-256 of its networks as they are today.
    """
    if known.get("data", {}).get("fingerprint") != fingerprint:
        return None
    for part in known["runs"]:
        taught_alike = part.get("teacher_sha256") == teacher
        if part["seed"] == seed and taught_alike and record.is_of(recipe, part.get("recipe")):
            return {**part, **{name: part.get(name, known[name]) for name in ("machine", "versions")}}
    return None


def trained(recipe: record.AnyRecipe, data: inklens.Dataset, path: Path, **options: Any) -> RunFolder:
    """The run in this folder, trained now unless it is there; one that was interrupted is resumed.

    Args:
        options: of the training, where it begins now.

    Raises:
        SystemExit: there is one of another recipe or other data.
    """
    if not (path / "status.json").exists():
        return inklens.train(data, recipe, output=path.parent, name=path.name, **options).folder
    folder = RunFolder.open(path)
    described = folder.read_recipe()
    same_data = described["data"]["fingerprint"] == data.fingerprint
    if not (same_data and record.is_of(recipe, described["recipe"])):
        raise SystemExit(
            f"{folder.path} is of another recipe or other data than {recipe.preset} and {data.name} are "
            "today: remove it, or give other --runs"
        )
    if folder.status()["state"] == "done":
        return folder
    return inklens.resume(folder.path).folder


def part_of(folder: RunFolder, seed: int, data: inklens.Dataset) -> dict[str, Any]:
    """What the result says of one run."""
    metrics, made = folder.read_json(folder.metrics), folder.read_json(folder.environment)
    scores = metrics["test"]
    return {
        "seed": seed,
        "accuracy": scores["accuracy"],
        "interval_95": scores["accuracy_interval_95"],
        "loss": scores["loss"],
        "training_seconds": metrics["training"]["seconds"],
        "date": made["date"],
        "backend": made["backend"],
        "precision": made["precision"],
        **_members(metrics),
        **_calibrated(folder, metrics, data),
        **_taught(folder),
        "recipe": folder.read_recipe()["recipe"],
        "machine": {name: made[name] for name in ("processor", "cores", "platform")},
        "versions": made["versions"],
    }


def _taught(folder: RunFolder) -> dict[str, str]:
    """The SHA-256 of the teacher's networks, where there is a teacher."""
    teacher = folder.read_recipe().get("teacher")
    return {"teacher_sha256": teacher["sha256"]} if teacher else {}


def _members(metrics: dict) -> dict:
    """A committee's members by name: what each reaches by itself, and in which time."""
    members = metrics["training"].get("members", [])
    figures = {one["name"]: {key: one[key] for key in ("accuracy", "seconds")} for one in members}
    return {"members": figures} if figures else {}


def _calibrated(folder: RunFolder, metrics: dict, data: inklens.Dataset) -> dict[str, float]:
    """Of the model file: NLL, ECE, and how many are answered, and how many of these wrong, at a max error of
    0.1%, whose threshold is chosen on the validation images; nothing where these are the test images."""
    if metrics["confidence"]["note"]:
        return {}
    figures = {"nll": metrics["test"]["loss"], "ece": metrics["evaluation"]["ece"]}
    held_out = ValidationOutputs.read(folder)
    try:
        fitted = Confidence.fit(held_out.logits, held_out.id_score, held_out.labels, MAX_ERROR)
    except OptionError:  # no threshold keeps so small an error
        return figures
    answers = inklens.Classifier.open(folder.path).predict_framed(data.test.whole())
    answered = fitted.thresholds.answered(answers.probabilities, answers.id_score)
    wrong = float((answers.indices != data.test.labels)[answered].mean())
    return {**figures, "answered_at_max_error": float(answered.mean()), "wrong_among_answered": wrong}


def _over_seeds(parts: list[dict], figure: str) -> dict[str, float | None]:
    """Mean and standard deviation; nothing where a part has no such figure."""
    values = [part[figure] for part in parts if figure in part]
    if len(values) < len(parts):
        return {}
    return {"mean": statistics.mean(values), "sd": statistics.stdev(values) if len(values) > 1 else None}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--teacher", help="the run that teaches distilled")
    parser.add_argument("--runs", type=Path, default=Path("runs/accuracy"))
    parser.add_argument("--fresh", action="store_true", help="measures anew what the result has already")
    given = parser.parse_args()
    data = inklens.load(given.data)
    name = f"accuracy-{given.data}-{given.preset}"
    known = {} if given.fresh else record.read(name)
    teacher = TeacherRun.open(given.teacher).sha256 if given.teacher else None
    parts = []
    for seed in range(given.seeds):
        recipe = record.concrete(given.preset, data, seed=seed)
        part = measured(known, recipe, seed, data.fingerprint, teacher)
        said = f"measured on {part['date'][:10]}" if part else "now"
        if part is None:
            path = given.runs / f"{data.name}-{recipe.preset}-seed{seed}"
            part = part_of(trained(recipe, data, path, teacher=given.teacher), seed, data)
        parts.append(part)
        print(f"seed {seed}: {100 * parts[-1]['accuracy']:.2f}%, {said}", flush=True)
    accuracies = [part["accuracy"] for part in parts]
    figures = {
        "preset": given.preset,
        "data": {"name": data.name, "fingerprint": data.fingerprint, "test_images": len(data.test)},
        "mean_accuracy": statistics.mean(accuracies),
        "standard_deviation": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        "median_training_seconds": statistics.median(part["training_seconds"] for part in parts),
        **{figure: _over_seeds(parts, figure) for figure in CALIBRATED},
        "runs": parts,
    }
    print(json.dumps({name: figures[name] for name in ("mean_accuracy", "standard_deviation")}))
    record.write(name, figures, dry=given.dry)


if __name__ == "__main__":
    main()
