"""What a training, or a committee made of trained runs, says at its end."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from inklens.cli.console import note, output

if TYPE_CHECKING:
    from inklens.datasets.splits import AddedImages
    from inklens.run import Run


def print_uneven(metrics: "Mapping[str, Any]") -> None:
    """Figures in which every class counts the same, for classes of uneven size."""
    output.print(
        f"uneven     {100 * metrics['balanced_accuracy']:.2f}% balanced accuracy, "
        f"{100 * metrics['macro_f1']:.2f}% macro F1: every class counts the same"
    )


def print_result(run: "Run", added: "AddedImages | None" = None) -> None:
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
        f"accuracy   {100 * scores['accuracy']:.2f}% on {scores['n']:,} {part} images "
        f"(95% interval {100 * low:.2f}-{100 * high:.2f}%), loss {scores['loss']:.4f}, "
        f"error {scores['error_percent']:.2f}%"
    )
    evaluation = metrics.get("evaluation", {})
    supports = [one["support"] for one in evaluation.get("per_class", []) if one["support"]]
    if supports and max(supports) >= 2 * min(supports) and "macro_f1" in evaluation:
        print_uneven(evaluation)
    if crossed := metrics.get("cross_validation"):
        below, above = crossed["accuracy_interval_95"]
        output.print(
            f"folds      {100 * crossed['accuracy']:.2f}% of {crossed['n']:,} images in "
            f"{crossed['folds']} folds "
            f"(95% interval {100 * below:.2f}-{100 * above:.2f}%)"
        )
    confidence = metrics["confidence"]
    answers = confidence[part]
    output.print(
        f"answered   {100 * answers['coverage']:.2f}% of them, {answers['errors']} of "
        f"{answers['answered']:,} wrongly; the others are called unknown"
    )
    said = (training.get("note"), confidence["note"], (crossed or {}).get("note"))
    for one in filter(None, said):
        note(one)
    if added is not None:
        _print_added(run, added)
    output.print(f"model      {run.folder.onnx}")
    output.print(f"pictures   {run.folder.pictures}")
    output.print(f"report     {run.folder.report}")
    output.print(f"run        {run.path}")


def _print_added(run: "Run", added: "AddedImages") -> None:
    """Print how many of the images of one's own that were held out are answered rightly, then and now."""
    from inklens.datasets.layout.added_images import earlier_answers

    count = len(added.held_out)
    if not count:
        note("none of the added images is held out: there is one of each class")
        return
    right = int((run.classifier.predict(added.held_out).indices == added.held_out.labels).sum())
    before = earlier_answers(added.path)
    then = "" if before is None else f"; the model that was corrected had {before[0]} of {before[1]} right"
    output.print(f"added      {right} of {count} images that were held out of {added.path} are right{then}")
