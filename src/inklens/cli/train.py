"""`inklens train`: from a data set to a run folder, in one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inklens.cli.console import errors, interrupts_told, output
from inklens.cli.options import (
    Channels,
    Data,
    Framing,
    Kind,
    MaxError,
    Size,
    Strict,
    parse_max_error,
    parse_share_or_count,
    parse_size,
)
from inklens.networks import ACTIVATIONS, NETWORKS
from inklens.training.recipe import BACKENDS, OPTIMIZERS, PRECISIONS, PRESETS, VALIDATION_DATA, Recipe

if TYPE_CHECKING:
    from inklens.datasets import Dataset
    from inklens.training import Run
    from inklens.training.progress import Progress


def _one_of(names: Any) -> str:
    return ", ".join(names)


def train(
    data: Data = None,
    preset: Annotated[str, typer.Option(help=f"One of {_one_of(PRESETS)}.")] = "fast",
    network: Annotated[str | None, typer.Option(help=f"One of {_one_of(NETWORKS)}.")] = None,
    activation: Annotated[str | None, typer.Option(help=f"One of {_one_of(ACTIVATIONS)}.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The optimiser's; the schedule's peak.")] = None,
    optimizer: Annotated[str | None, typer.Option(help=f"One of {_one_of(OPTIMIZERS)}.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of activations dropped in training.")] = None,
    validation_split: Annotated[
        str | None, typer.Option(help="Held out of the training images: a share (0.1) or a number (5000).")
    ] = None,
    validation_data: Annotated[
        str | None,
        typer.Option(
            help=f"One of {_one_of(VALIDATION_DATA)}: validate on images held out, or on the test set."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, data and machine: same weights.")] = None,
    backend: Annotated[str | None, typer.Option(help=f"One of {_one_of(BACKENDS)}.")] = None,
    precision: Annotated[str | None, typer.Option(help=f"One of {_one_of(PRECISIONS)}.")] = None,
    name: Annotated[str | None, typer.Option(help="The run's name; default: DATA-PRESET-NUMBER.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--output", help="The folder that holds the runs; default: runs.")
    ] = None,
    max_error: MaxError = None,
    no_test: Annotated[bool, typer.Option("--no-test", help="Leave the test set closed.")] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write logs that TensorBoard shows into the run's folder.")
    ] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Print the network's layers and stop.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the result only.")] = False,
    kind: Kind = None,
    size: Size = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Train a network, evaluate it, and write everything about it into a run folder."""
    given = {
        "network": network,
        "activation": activation,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "optimizer": optimizer,
        "dropout": dropout,
        "validation_split": None if validation_split is None else parse_share_or_count(validation_split),
        "validation_data": validation_data,
        "seed": seed,
        "backend": backend,
        "precision": precision,
    }
    recipe = Recipe.from_preset(
        preset, **{field: value for field, value in given.items() if value is not None}
    )

    from inklens.training import select_backend, train

    max_share = parse_max_error(max_error)
    options = {"kind": kind, "size": parse_size(size), "channels": channels, "framing": framing}
    loaded = _load(data, quiet, strict=strict, **options)
    if summary:
        select_backend(recipe.backend)
        return _print_summary(loaded, recipe)
    where: dict[str, Any] = {"output": folder, "name": name, "test": not no_test, "max_error": max_share}
    where["tensorboard"] = tensorboard
    with interrupts_told(), _progress(loaded, quiet) as progress:
        run = train(loaded, recipe, **where, progress=progress)
    return _print_result(run)


@contextmanager
def _progress(data: "Dataset", quiet: bool) -> "Iterator[Progress | None]":
    if quiet:
        yield None
        return
    from inklens.cli.progress import shown

    output.print(str(data), markup=False)
    with shown(output.console) as progress:
        yield progress


def _load(data: str | None, quiet: bool, **options: Any) -> "Dataset":
    from inklens.datasets import load, load_default

    if data is not None:
        return load(data, **options)
    default = load_default()
    if quiet and default.name == "sample":
        errors.print(f"note: {default.notes[-1]}", markup=False)
    if all(value is None or value is False for value in options.values()):
        return default
    return replace(load(default.name, **options), notes=default.notes)


def _print_summary(data: "Dataset", recipe: Recipe) -> None:
    from inklens.training.conductor import build_network

    build_network(data, recipe).summary()


def _print_result(run: "Run") -> None:
    metrics = run.metrics
    part = "test" if metrics["test"] else "validation"
    scores = metrics[part]
    low, high = scores["accuracy_interval_95"]
    training = metrics["training"]
    epochs = f"{training['epochs']} epoch{'s' * (training['epochs'] > 1)}"
    output.print(f"trained    {epochs} in {training['seconds']:.1f} s")
    output.print(
        f"accuracy   {100 * scores['accuracy']:.2f} % on {scores['n']:,} {part} images "
        f"(95 % interval {100 * low:.2f}-{100 * high:.2f} %), loss {scores['loss']:.4f}, "
        f"error {scores['error_percent']:.2f} %"
    )
    confidence = metrics["confidence"]
    answers = confidence[part]
    output.print(
        f"answered   {100 * answers['coverage']:.2f} % of them, {answers['errors']} of "
        f"{answers['answered']:,} wrongly; the others are called unknown"
    )
    if confidence["note"]:
        errors.print(f"note: {confidence['note']}", markup=False)
    output.print(f"model      {run.folder.onnx}", markup=False)
    output.print(f"pictures   {run.folder.pictures}", markup=False)
    output.print(f"report     {run.folder.report}", markup=False)
    output.print(f"run        {run.path}", markup=False)
