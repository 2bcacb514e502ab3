"""`inklens robustness`: how often networks err on images that went wrong, side by side."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inklens.cli.console import errors, output
from inklens.cli.options import Data
from inklens.errors import DataError, OptionError

if TYPE_CHECKING:
    from inklens.datasets import Dataset
    from inklens.evaluation import Robustness
    from inklens.pixels import PixelSpec
    from inklens.runs import RunFolder
    from inklens.training import Run


def robustness(
    models: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Run folders, or model.onnx files (without Keras).")
    ],
    data: Data = None,
    images: Annotated[
        int | None, typer.Option(min=1, help="Measure on so many test images, a seeded choice.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the corruptions: another seed, other noise.")] = 0,
    folder: Annotated[
        Path | None,
        typer.Option("--output", help="The folder to write into, for one run or model; default: the run's."),
    ] = None,
) -> None:
    """Print the error under fifteen corruptions (noise, blur, shear, fog ...), runs side by side.

    All are measured on the same images: --data, or the test images of the first one's own data.
    """
    from inklens.training.robustness import robustness

    if folder is not None and len(models) > 1:
        raise OptionError(f"--output takes the figures of one run; {len(models)} were given: leave it out")
    opened = [_open(model) for model in models]
    loaded = _load(opened, data)
    into = [_folder_for(model, folder) for model in opened]
    measured = []
    for model, dataset, place in zip(opened, loaded, into, strict=True):
        with _progress(model.name) as on_corruption:
            measured.append(
                robustness(
                    model.predict,
                    dataset,
                    spec=model.spec,
                    images=images,
                    seed=seed,
                    folder=place,
                    on_corruption=on_corruption,
                )
            )
        if model.run and place == model.run.folder and place.report.exists():  # its table shows them now
            model.run.write_report()
    _print_table([model.name for model in opened], measured)
    output.print(
        f"\nerror on {measured[0].clean.n:,} test images of {loaded[0].name} (seed {seed})", markup=False
    )
    for model, place in zip(opened, into, strict=True):
        if place is None:
            errors.print(f"note: {model.name} is no run, so nothing was written: give --output", markup=False)
        else:
            output.print(f"written    {place.path}", markup=False)


@dataclass(frozen=True)
class _Model:
    name: str
    class_names: tuple[str, ...]
    spec: "PixelSpec"
    data: Any  # what it says of the data that it was trained on
    predict: Callable[[Any], Any]
    run: "Run | None"


def _folder_for(model: _Model, given: Path | None) -> "RunFolder | None":
    from inklens.runs import RunFolder

    if given:
        return RunFolder(given)
    return model.run.folder if model.run else None


def _open(path: str) -> _Model:
    """A run with its Keras network, or a model file without Keras."""
    if Path(path).suffix == ".onnx":
        from inklens.classifier import Classifier

        classifier = Classifier.open(path)

        def predict(images: Any) -> Any:
            return classifier.predict_framed(images).probabilities

        about = classifier.metadata.data
        return _Model(path, classifier.class_names, classifier.spec, about, predict, None)
    from inklens.training import Run

    run = Run.open(path)
    return _Model(run.path.name, run.class_names, run.spec, run.data, run.predict, run)


def _load(models: list[_Model], data: str | None) -> "list[Dataset]":
    """The same data for each, in its own size, channel count and framing."""
    from inklens.datasets import load

    first = models[0].data
    source = data or first.get("path") or first.get("name")
    if source is None:
        raise DataError(f"{models[0].name} does not say what it was trained on; give --data")
    sets: dict[PixelSpec, Dataset] = {}
    for model in models:
        spec = model.spec
        if spec not in sets:
            sets[spec] = load(source, size=spec.shape[:2], channels=spec.channels, framing=spec.framing)
        if sets[spec].class_names != model.class_names:
            raise DataError(
                f"{sets[spec].name} has the classes {', '.join(sets[spec].class_names)}; expected those of "
                f"{model.name}, {', '.join(model.class_names)}: give other --data"
            )
    if data is None and next(iter(sets.values())).fingerprint != first.get("fingerprint"):
        errors.print(f"note: {source} has changed since {models[0].name} was trained on it", markup=False)
    return [sets[model.spec] for model in models]


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
