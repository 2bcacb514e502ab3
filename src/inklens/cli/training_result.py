"""What a training, or a committee made of trained runs, says at its end."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from inklens.cli.console import note, output

if TYPE_CHECKING:
    from inklens.run import Run


def print_uneven(metrics: "Mapping[str, Any]") -> None:
    """Figures in which every class counts the same, for classes of uneven size."""
    output.print(
        f"uneven     {100 * metrics['balanced_accuracy']:.2f} % balanced accuracy, "
        f"{100 * metrics['macro_f1']:.2f} % macro F1: every class counts the same"
    )


def print_result(run: "Run") -> None:
    """Print accuracy, coverage, and where model, pictures and report are."""
    metrics = run.metrics
    part = "test" if metrics["test"] else "validation"
    scores = metrics[part]
    low, high = scores["accuracy_interval_95"]
    training = metrics["training"]
    networks = len(training.get("members", []))
    epochs = f"{training['epochs']} epoch{'s' * (training['epochs'] > 1)}"
    if networks:
        epochs = f"{networks} networks, {epochs}"
    lasted = training.get("wall_seconds") or training["seconds"]
    beside = f", which side by side lasted {lasted:.1f} s" if lasted < training["seconds"] else ""
    output.print(f"trained    {epochs} in {training['seconds']:.1f} s{beside}")
    output.print(
        f"accuracy   {100 * scores['accuracy']:.2f} % on {scores['n']:,} {part} images "
        f"(95 % interval {100 * low:.2f}-{100 * high:.2f} %), loss {scores['loss']:.4f}, "
        f"error {scores['error_percent']:.2f} %"
    )
    evaluation = metrics.get("evaluation", {})
    supports = [one["support"] for one in evaluation.get("per_class", []) if one["support"]]
    if supports and max(supports) >= 2 * min(supports) and "macro_f1" in evaluation:
        print_uneven(evaluation)
    if crossed := metrics.get("cross_validation"):
        below, above = crossed["accuracy_interval_95"]
        output.print(
            f"folds      {100 * crossed['accuracy']:.2f} % of {crossed['n']:,} images in "
            f"{crossed['folds']} folds "
            f"(95 % interval {100 * below:.2f}-{100 * above:.2f} %)"
        )
    confidence = metrics["confidence"]
    answers = confidence[part]
    output.print(
        f"answered   {100 * answers['coverage']:.2f} % of them, {answers['errors']} of "
        f"{answers['answered']:,} wrongly; the others are called unknown"
    )
    for one in filter(None, (training.get("note"), confidence["note"])):
        note(one)
    output.print(f"model      {run.folder.onnx}")
    output.print(f"pictures   {run.folder.pictures}")
    output.print(f"report     {run.folder.report}")
    output.print(f"run        {run.path}")
