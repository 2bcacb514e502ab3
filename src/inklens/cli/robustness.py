"""`inklens robustness`: how often networks err on images that went wrong, side by side, without Keras."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inklens.cli.console import errors, note, notes_on, output
from inklens.cli.options import Data
from inklens.errors import OptionError

if TYPE_CHECKING:
    from inklens.classifier import Candidate
    from inklens.datasets import Dataset
    from inklens.evaluation import Robustness
    from inklens.evaluation.robustness import Predict
    from inklens.runs import RunFolder


def robustness(
    models: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Folders of runs, or model.onnx files.")
    ],
    data: Data = None,
    images: Annotated[
        int | None, typer.Option(min=1, help="Measure on so many test images, a seeded choice.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the corruptions: another seed, other noise.")] = 0,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="The folder to write into, for one model; default: the run, or evaluations/DATA in it.",
        ),
    ] = None,
) -> None:
    """Print the error under fifteen corruptions (noise, blur, shear, fog ...), runs side by side.

    All are measured on the same images: --data, or the test images of the first one's own data.
    """
    from inklens.classifier import Candidate, load_for_all
    from inklens.training.robustness import robustness

    if folder is not None and len(models) > 1:
        raise OptionError(f"--output takes the figures of one run; {len(models)} were given: leave it out")
    candidates = [Candidate.open(model) for model in models]
    loaded = load_for_all(candidates, data)
    _check_classes(candidates, loaded)
    notes_on(loaded[0], candidates[0], data)
    into = [_place(candidate, seen, folder) for candidate, seen in zip(candidates, loaded, strict=True)]
    measured = []
    for candidate, seen, place in zip(candidates, loaded, into, strict=True):
        with _progress(candidate.name) as on_corruption:
            measured.append(
                robustness(
                    _predictor(candidate),
                    seen,
                    spec=candidate.classifier.spec,
                    class_names=candidate.classifier.class_names,
                    images=images,
                    seed=seed,
                    folder=place,
                    on_corruption=on_corruption,
                )
            )
    _print_table([candidate.name for candidate in candidates], measured)
    output.print(
        f"\nerror on {measured[0].clean.n:,} test images of {loaded[0].name} (seed {seed})", markup=False
    )
    for candidate, place in zip(candidates, into, strict=True):
        if place is None:
            note(f"{candidate.path} is no run, so nothing was written: give --output")
            continue
        output.print(f"written    {place.path}", markup=False)
        if place == candidate.run and place.report.exists():
            _write_report(place)  # its table shows them now


def _predictor(candidate: "Candidate") -> "Predict":
    return lambda images: candidate.classifier.predict_framed(images).probabilities


def _check_classes(candidates: "list[Candidate]", loaded: "list[Dataset]") -> None:
    """Refuses what the last of them does not know before the first is measured."""
    from inklens.evaluation import match_classes

    for candidate, data in zip(candidates, loaded, strict=True):
        match_classes(data.test.labels, data.class_names, candidate.classifier.class_names, data.name)


def _place(candidate: "Candidate", data: "Dataset", given: Path | None) -> "RunFolder | None":
    if given is None and candidate.run is None:
        return None
    return candidate.place(data, "test", given)


def _write_report(folder: "RunFolder") -> None:
    from inklens.training import Run

    Run(folder).write_report()


@contextmanager
def _progress(name: str) -> Iterator[Callable[[str, int, int], None]]:
    """A line that says what goes on, on a terminal only."""
    if not errors.console.is_terminal:
        yield lambda corruption, done, total: None
        return
    with errors.console.status(name) as status:
        yield lambda corruption, done, total: status.update(f"{name}: {corruption}, {done + 1} of {total}")


def _print_table(names: list[str], measured: "list[Robustness]") -> None:
    """A row for each corruption, a column for each run, and one more where framing changes the images."""
    from inklens.evaluation.robustness import mean_error

    columns = []
    for name, robustness in zip(names, measured, strict=True):
        columns.append((name, robustness.clean, robustness.direct))
        if robustness.framed is not None:
            clean = robustness.clean_framed or robustness.clean
            columns.append((f"{name}, framed", clean, robustness.framed))
    rows = [["corruption", *(name for name, _, _ in columns)]]
    rows.append(["none", *(_percent(clean.error) for _, clean, _ in columns)])
    for corruption in measured[0].direct:
        shares = [_percent(rates[corruption].error) for _, _, rates in columns]
        rows.append([corruption.replace("_", " "), *shares])
    rows.append(["mean", *(_percent(mean_error(rates)) for _, _, rates in columns)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        right = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        output.print(f"{name:<{widths[0]}}  {right}", markup=False)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
