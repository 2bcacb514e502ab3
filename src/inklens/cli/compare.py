"""`inklens compare`: trained networks side by side on the same images, from their model files. No Keras."""

from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from inklens.cli.console import notes_on, output, print_table
from inklens.cli.options import Channels, Data, Framing, Part, RunsOrModels, Strict

if TYPE_CHECKING:
    from inklens.classifier import EvaluatedModel
    from inklens.datasets import Split
    from inklens.evaluation import Comparison
    from inklens.run_folder import RunFolder

PICTURED = 48
_LONGEST_NAME = 28


def compare(
    runs: RunsOrModels,
    data: Data = None,
    part: Part = "test",
    folder: Annotated[Path | None, Option("--output", help="Folder; default: comparisons/NAMES.")] = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Compare models on the same images, test each pair of them, and show the images on which they differ."""
    from inklens.classifier import EvaluatedModel, predictions_of_all
    from inklens.evaluation import compare
    from inklens.run_folder import FiguresFolder

    models = [EvaluatedModel.open(run) for run in runs]
    options: dict[str, Any] = {"channels": channels, "framing": framing, "strict": strict}
    loaded, answers = predictions_of_all(models, data, part, **options)
    notes_on(loaded, models[0], data, part)
    names = models[0].classifier.class_names
    comparison = compare([each.probabilities for each in answers], answers[0].labels, names)
    stem = "-vs-".join(model.name for model in models[:3]) + "-and-more" * (len(models) > 3)
    target = FiguresFolder(folder or Path("comparisons", stem))
    rows = [{"name": model.name, "path": model.path, **_training(model)} for model in models]
    said = {"name": loaded.name, "source": loaded.source, "fingerprint": loaded.fingerprint, "part": part}
    target.write_json("comparison.json", {"data": said, **comparison.to_dict(rows)})
    target.write_csv("differences.csv", *comparison.rows())
    _draw(target, models[0].part(loaded, part), models, comparison)
    images = (
        f"{len(comparison.labels):,} images" if part == "all" else f"{len(comparison.labels):,} {part} images"
    )
    output.print(
        f"{images} of {loaded.name}; the negative log-likelihood (NLL) is of calibrated probabilities\n"
    )
    _print(models, comparison)
    output.print(f"written    {target.path}")


def _training(model: "EvaluatedModel") -> dict[str, Any]:
    return {name: model.training.get(name) for name in ("parameters", "seconds")}


def _draw(
    target: "RunFolder", split: "Split", models: "list[EvaluatedModel]", comparison: "Comparison"
) -> None:
    """differences.png, or none, not even a former one, where all say the same."""
    from inklens.reporting import differences_grid

    shown = comparison.differing[:PICTURED]
    if not len(shown):
        (target.path / "differences.png").unlink(missing_ok=True)
        return
    with target.atomic("differences.png") as path:
        differences_grid(
            split.batch(shown),
            comparison.labels[shown],
            comparison.predicted[:, shown],
            [model.name for model in models],
            comparison.class_names,
            path,
            of=len(comparison.differing),
        )


def _print(models: "list[EvaluatedModel]", comparison: "Comparison") -> None:
    rows = [("", "run", "accuracy", "95% interval", "errors", "NLL", "parameters", "seconds")]
    for letter, model, scores in zip(ascii_uppercase, models, comparison.scores, strict=False):
        low, high = scores.interval
        name = model.name
        training = _training(model)
        parameters, seconds = training["parameters"], training["seconds"]
        rows.append(
            (
                letter,
                name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…",
                f"{100 * scores.accuracy:.2f}%",
                f"{100 * low:.2f}-{100 * high:.2f}%",
                f"{scores.n - scores.correct:,}",
                f"{scores.loss:.4f}",
                "" if parameters is None else f"{parameters:,}",
                "" if seconds is None else f"{seconds:.1f}",
            )
        )
    print_table(rows, "<<" + ">" * 6)
    output.print("")
    for (one, other), test in comparison.pairs.items():
        first, second = ascii_uppercase[one], ascii_uppercase[other]
        output.print(
            f"{first} and {second}    {first} alone is right on {test.only_first:,}, {second} alone on "
            f"{test.only_second:,}: p = {test.p:.3g} (exact McNemar test)",
            markup=False,
        )
    output.print(f"differ     on {len(comparison.differing):,} images")
