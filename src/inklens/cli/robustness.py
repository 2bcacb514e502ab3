"""`inklens robustness`: how often networks err on images that went wrong, side by side, without Keras."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from inklens.cli.console import errors, note, notes_on, output, print_table
from inklens.cli.options import Data, RunsOrModels
from inklens.errors import MissingPackageError, OptionError

if TYPE_CHECKING:
    from inklens.audit.corruption_errors import CorruptionErrors, Predict
    from inklens.classifier import EvaluatedModel
    from inklens.datasets import Dataset
    from inklens.run_folder import RunFolder


def robustness(
    runs: RunsOrModels,
    data: Data = None,
    images: Annotated[int | None, Option(min=1, help="On so many test images, a seeded choice.")] = None,
    seed: Annotated[int, Option(min=0, help="Of the corruptions: another seed, other noise.")] = 0,
    folder: Annotated[
        Path | None,
        Option(
            "--output",
            help="The folder to write into, for one model; default: the run, or evaluations/DATA in it.",
        ),
    ] = None,
) -> None:
    """Print the error under fifteen corruptions (noise, blur, shear, fog ...), runs side by side.

    All are measured on the same images: --data, or the test images of the first one's own data.
    """
    from inklens.audit.robustness import evaluate_robustness
    from inklens.classifier import EvaluatedModel, load_for_all

    if folder is not None and len(runs) > 1:
        raise OptionError(f"--output takes the figures of one run; {len(runs)} were given: leave it out")
    models = [EvaluatedModel.open(run) for run in runs]
    loaded = load_for_all(models, data)
    _check_classes(models, loaded)
    notes_on(loaded[0], models[0], data)
    into = [_place(model, seen, folder) for model, seen in zip(models, loaded, strict=True)]
    measured = []
    for model, seen, place in zip(models, loaded, into, strict=True):
        with _progress(model.name) as on_corruption:
            measured.append(
                evaluate_robustness(
                    _predictor(model),
                    seen,
                    spec=model.classifier.spec,
                    class_names=model.classifier.class_names,
                    images=images,
                    seed=seed,
                    folder=place,
                    on_corruption=on_corruption,
                )
            )
    _print_table([model.name for model in models], measured)
    output.print(f"\nerror on {measured[0].clean.n:,} test images of {loaded[0].name} (seed {seed})")
    for model, place in zip(models, into, strict=True):
        if place is None:
            note(f"{model.path} is no run, so nothing was written: give --output")
            continue
        output.print(f"written    {place.path}")
        if place == model.run and place.report.exists():
            _report(place)


def _report(run: "RunFolder") -> None:
    """Its table shows the figures now; its other pictures are the network's, and need Keras."""
    from inklens.run import Run

    try:
        Run(run).write_report()
    except MissingPackageError as error:
        note(f"{run.report} is without these figures: {error}; then `inklens report {run.path}` adds them")


def _predictor(model: "EvaluatedModel") -> "Predict":
    return lambda images: model.classifier.predict_framed(images).probabilities


def _check_classes(models: "list[EvaluatedModel]", loaded: "list[Dataset]") -> None:
    """Refuses what the last of them does not know before the first is measured."""
    from inklens.evaluation import match_classes

    for model, data in zip(models, loaded, strict=True):
        match_classes(data.test.labels, data.class_names, model.classifier.class_names, data.name)


def _place(model: "EvaluatedModel", data: "Dataset", given: Path | None) -> "RunFolder | None":
    if given is None and model.run is None:
        return None
    return model.place(data, "test", given)


@contextmanager
def _progress(name: str) -> Iterator[Callable[[str, int, int], None]]:
    """A line that says what goes on, on a terminal only."""
    if not errors.console.is_terminal:
        yield lambda corruption, done, total: None
        return
    with errors.console.status(name) as status:
        yield lambda corruption, done, total: status.update(f"{name}: {corruption}, {done + 1} of {total}")


def _print_table(names: list[str], measured: "list[CorruptionErrors]") -> None:
    """A row for each corruption, a column for each run, and one more where framing changes the images."""
    from inklens.audit.corruption_errors import CLEAN, mean_error

    columns = []
    for name, robustness in zip(names, measured, strict=True):
        columns.append((name, robustness.direct))
        if robustness.framed is not None:
            columns.append((f"{name}, framed", robustness.framed))
    rows = [["corruption", *(name for name, _ in columns)]]
    for corruption in measured[0].direct:
        shares = [_percent(rates[corruption].error) for _, rates in columns]
        rows.append(["none" if corruption == CLEAN else corruption.replace("_", " "), *shares])
    rows.append(["mean", *(_percent(mean_error(rates)) for _, rates in columns)])
    print_table(rows, "<" + ">" * len(columns))


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
