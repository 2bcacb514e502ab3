"""`inklens evaluate`: how good a trained network is on labelled images, by its model file, without Keras."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inklens.cli.console import errors, output
from inklens.cli.options import Channels, Data, Framing, Kind, Part, Strict

if TYPE_CHECKING:
    from inklens.classifier import Candidate
    from inklens.datasets import Dataset
    from inklens.evaluation import Examination
    from inklens.runs import RunFolder


def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The folder of a run, or a model.onnx.")],
    data: Data = None,
    part: Part = "test",
    folder: Annotated[
        Path | None,
        typer.Option(
            "--output", help="The folder to write into; default: the run, or evaluations/DATA in it."
        ),
    ] = None,
    kind: Kind = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Judge a model file on labelled images (default: its own test part); write figures and pictures."""
    from inklens.classifier import Candidate
    from inklens.evaluation import examine
    from inklens.reporting import write_examination

    candidate = Candidate.open(run)
    loaded = candidate.load(data, kind=kind, channels=channels, framing=framing, strict=strict)
    own = loaded.fingerprint == candidate.data["fingerprint"]
    if data is None and not own:
        errors.print(f"note: {loaded.source} has changed since the network was trained on it", markup=False)
    if own and part in ("train", "all"):
        errors.print("note: there are images among these that the network learnt from", markup=False)
    answers = candidate.answers(loaded, part)
    names = candidate.classifier.class_names
    examination = examine(answers.probabilities, answers.labels, names, answers.answered)
    target, metrics = _place(candidate, loaded, part, own, folder)
    target.write_json(target.metrics, {**metrics, "evaluation": {"part": part, **examination.to_dict()}})
    write_examination(target, examination)
    _print(examination, loaded, part)
    output.print(f"written    {target.path}", markup=False)


def _place(
    candidate: "Candidate", data: "Dataset", part: str, own: bool, folder: Path | None
) -> tuple["RunFolder", dict[str, Any]]:
    """Where the files go, and what else metrics.json holds there.

    Into the run itself go only figures of what its own are of: its data, and the test part if it was opened.
    """
    from inklens.errors import OptionError
    from inklens.runs import RunFolder

    run = candidate.run
    if folder is None and run is not None and own and part == "test":
        metrics = run.read_json(run.metrics)
        if metrics.get("test") is not None:
            return run, metrics
    if folder is None:
        stem = Path(data.name).stem or "data"
        stem += "" if part == "test" else f"-{part}"
        inside, name = (
            (candidate.path.parent, f"{candidate.name}-{stem}") if run is None else (run.path, stem)
        )
        folder = inside / "evaluations" / name
    if (folder / "status.json").exists():
        raise OptionError(f"--output {folder} is a run, whose own figures stay; give another folder")
    return RunFolder(folder), {
        "model": {"name": candidate.name, "path": candidate.path},
        "data": {"name": data.name, "source": data.source, "fingerprint": data.fingerprint},
    }


def _print(examination: "Examination", data: "Dataset", part: str) -> None:
    from inklens.evaluation.matching import listed

    scores = examination.scores
    low, high = scores.interval
    images = f"{scores.n:,} images" if part == "all" else f"{scores.n:,} {part} images"
    output.print(
        f"accuracy   {100 * scores.accuracy:.2f} % on {images} of {data.name} "
        f"(95 % interval {100 * low:.2f}-{100 * high:.2f} %), top-2 {100 * examination.top_2_accuracy:.2f} %",
        markup=False,
    )
    output.print(
        f"confidence negative log-likelihood {scores.loss:.4f}, calibration error (ECE) "
        f"{100 * examination.reliability.calibration_error:.2f} %, of calibrated probabilities"
    )
    if (answered := examination.answered_errors) is not None:
        output.print(
            f"answered   {100 * answered[0] / scores.n:.2f} % of them, {answered[1]:,} of {answered[0]:,} "
            "wrongly; the others are called unknown or empty"
        )
    seen = [one for one in examination.classes if one.f1 is not None and one.support]
    worst = sorted(seen, key=lambda one: one.f1 or 0)[:3]
    output.print(
        "lowest F1  " + ", ".join(f"{one.name}: {100 * (one.f1 or 0):.1f} %" for one in worst), markup=False
    )
    output.print(scores.tutorial_line())
    if examination.absent:
        errors.print(f"note: {data.name} has no image of {listed(examination.absent)}", markup=False)
