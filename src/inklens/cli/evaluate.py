"""`inklens evaluate`: how good a trained network is on labelled images, by its model file, without Keras."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from inklens.cli.console import note, notes_on, output
from inklens.cli.options import Channels, Data, Framing, Part, RunOrModel, Strict

if TYPE_CHECKING:
    from inklens.classifier import EvaluatedModel
    from inklens.datasets import Dataset
    from inklens.evaluation import DetailedEvaluation
    from inklens.run_folder import RunFolder


def evaluate(
    run: RunOrModel,
    data: Data = None,
    part: Part = "test",
    folder: Annotated[
        Path | None,
        Option("--output", help="Folder to write into; default: the run, or evaluations/DATA in it."),
    ] = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Evaluate a model file on labelled images (default: its own test part); write figures and pictures."""
    from inklens.classifier import EvaluatedModel
    from inklens.evaluation import evaluate_in_detail
    from inklens.reporting import write_evaluation

    model = EvaluatedModel.open(run)
    loaded = model.load(data, part, channels=channels, framing=framing, strict=strict)
    answers = model.answers(loaded, part)
    notes_on(loaded, model, data, part)
    if model.is_own(loaded) and part in ("train", "all"):
        note("there are images among these that the network learnt from")
    names = model.classifier.class_names
    evaluation = evaluate_in_detail(answers.probabilities, answers.labels, names, answers.answered)
    target = model.place(loaded, part, folder)
    metrics = {**_known(model, loaded, target), "evaluation": {"part": part, **evaluation.to_dict()}}
    target.write_json(target.metrics, metrics)
    write_evaluation(target, evaluation)
    _print(evaluation, loaded, part)
    output.print(f"written    {target.path}")


def _known(model: "EvaluatedModel", data: "Dataset", target: "RunFolder") -> dict[str, Any]:
    """What else metrics.json holds: in the run what the training wrote, elsewhere what was evaluated."""
    if target == model.run:
        return target.read_json(target.metrics)
    return {
        "model": {"name": model.name, "path": model.path},
        "data": {"name": data.name, "source": data.source, "fingerprint": data.fingerprint},
    }


def _print(evaluation: "DetailedEvaluation", data: "Dataset", part: str) -> None:
    from inklens.cli.training_result import print_uneven
    from inklens.evaluation.class_matching import listed
    from inklens.evaluation.uneven_classes import are_uneven

    scores = evaluation.scores
    low, high = scores.interval
    top_2 = evaluation.metrics["top_2_accuracy"]
    images = f"{scores.n:,} images" if part == "all" else f"{scores.n:,} {part} images"
    output.print(
        f"accuracy   {100 * scores.accuracy:.2f}% on {images} of {data.name} "
        f"(95% interval {100 * low:.2f}-{100 * high:.2f}%), top-2 {100 * top_2:.2f}%"
    )
    if are_uneven(evaluation.labels):
        print_uneven(evaluation.metrics)
    output.print(
        f"confidence negative log-likelihood {scores.loss:.4f}, calibration error (ECE) "
        f"{100 * evaluation.reliability.calibration_error:.2f}%, of calibrated probabilities"
    )
    if (answered := evaluation.answered_errors) is not None:
        output.print(
            f"answered   {100 * answered[0] / scores.n:.2f}% of them, {answered[1]:,} of {answered[0]:,} "
            "wrongly; the others are called unknown or empty"
        )
    seen = [one for one in evaluation.classes if one.f1 is not None and one.support]
    worst = sorted(seen, key=lambda one: one.f1 or 0)[:3]
    output.print("lowest F1  " + ", ".join(f"{one.name}: {100 * (one.f1 or 0):.1f}%" for one in worst))
    output.print(scores.tutorial_line())
    if evaluation.absent:
        note(f"{data.name} has no image of {listed(evaluation.absent)}")
