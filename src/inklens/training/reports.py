"""What the report of a run needs from elsewhere: the network's own pictures, and how to repeat the run."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Split
from inklens.datasets.dataset import FRAMING_OF
from inklens.errors import OptionError
from inklens.reporting.report import Seen, read_sources, telling_samples, write_report
from inklens.runs import RunFolder, complete
from inklens.training.committee import Committee, recipe_for, recipe_from_dict
from inklens.training.recipe import Recipe

if TYPE_CHECKING:
    import keras


def report_run(
    folder: RunFolder, network: keras.Sequential | None, images: Split | None, notes: tuple[str, ...] = ()
) -> Path:
    """Writes report.html into the folder of a finished run; see `inklens.reporting.report.write_report`.

    Args:
        network: the run's own; None for a committee, whose members have reports of their own.
        images: what predictions.csv is about; None where the data are not to be had.
        notes: what the reader should know.
    """
    described = folder.read_json(folder.recipe)
    metrics = folder.read_json(folder.metrics)
    with complete(folder.recipe):
        command = reproduction(described, metrics)
    seen = None if network is None else _seen(folder, network, images)
    return write_report(folder, reproduce=command, images=images, seen=seen, notes=notes)


def _seen(folder: RunFolder, network: keras.Sequential, images: Split | None) -> Seen:
    from inklens.explanation import feature_maps, first_layer_filters

    maps: list[tuple[NDArray[np.uint8], str, dict[str, NDArray[np.float32]]]] = []
    if images is not None:
        for index, what in telling_samples(read_sources(folder)):
            image = images.batch(np.array([index]))[0]
            maps.append((image, what, feature_maps(network, image)))
    return Seen(first_layer_filters(network), maps)


def reproduction(described: dict[str, Any], metrics: dict[str, Any]) -> str:
    """The commands that make a run again, as its recipe.json and metrics.json describe it.

    Where every field of the recipe is a preset's or has an option, that is one line for the shell; else it is
    Python.
    """
    recipe, data, pixels = recipe_from_dict(described["recipe"]), described["data"], described["pixels"]
    closed = data["test"] is None
    max_error = (metrics.get("confidence") or {}).get("max_error")
    if "gathered" in described:
        options: list[str] | None = ["--preset", "committee", "--members", *described["gathered"]]
    else:
        options = _options(recipe)
    where = data.get("path") or data["name"]
    size = f"{pixels['height']}x{pixels['width']}"
    if options is None:
        loading = {
            "kind": data["kind"],
            "size": (pixels["height"], pixels["width"]),
            "channels": pixels["channels"],
            "framing": pixels["framing"],
        }
        rest = {**({"test": False} if closed else {}), **({"max_error": max_error} if max_error else {})}
        return (
            f"import inklens\n\ndata = inklens.load({where!r}, {_arguments(loading)})\n"
            f"recipe = {_written(recipe)}\n"
            f"inklens.train(data, recipe{''.join(f', {key}={value!r}' for key, value in rest.items())})\n"
        )
    words = ["inklens", "train", "--data", where, *options]
    if data.get("path"):
        words += ["--kind", data["kind"], "--size", size, "--channels", str(pixels["channels"])]
    if pixels["framing"] != FRAMING_OF.get(data["kind"]):
        words += ["--framing", pixels["framing"]]
    words += ["--no-test"] if closed else []
    words += ["--max-error", repr(max_error)] if max_error else []
    return shlex.join(words)


# The fields of a recipe that `inklens train` has an option for.
_OPTIONS = (
    "network", "activation", "epochs", "batch_size", "learning_rate", "optimizer", "dropout",
    "validation_split", "validation_data", "validation_seed", "views", "seed", "backend",
    "precision", "time_budget",
)  # fmt: skip


def _options(recipe: Recipe | Committee) -> list[str] | None:
    """The options that make this recipe; None where there are none that do."""
    try:
        preset = recipe_for(recipe.preset)
    except OptionError:
        return None
    if isinstance(recipe, Committee) and isinstance(preset, Committee):
        given = {**_given(recipe.first, preset.first), "seed": recipe.split_seed}
        given.pop("validation_seed", None)
        if "time_budget" in given:
            given["time_budget"] *= len(recipe.members)
    elif isinstance(recipe, Recipe) and isinstance(preset, Recipe):
        given = {**_given(recipe, preset), "seed": recipe.seed}
    else:
        return None
    if None in given.values() or recipe_for(recipe.preset, **given) != recipe:
        return None
    words = ["--preset", recipe.preset]
    for field, value in given.items():
        if field == "time_budget":
            words += ["--time", f"{value:g}s"]
        else:
            words += [f"--{field.replace('_', '-')}", str(value)]
    return words


def _given(recipe: Recipe, preset: Recipe) -> dict[str, Any]:
    """The fields that have options, where they differ from the preset's."""
    given = {field: getattr(recipe, field) for field in _OPTIONS}
    given = {field: value for field, value in given.items() if value != getattr(preset, field)}
    # Who names the epochs gets just these, however few steps they make: so some recipes need them named.
    if recipe.minimum_steps != preset.minimum_steps:
        given["epochs"] = recipe.epochs
    return given


def _written(recipe: Recipe | Committee) -> str:
    """The Python that makes this recipe."""
    if isinstance(recipe, Recipe):
        return f"inklens.Recipe({_arguments(asdict(recipe))})"
    return f"inklens.Committee.from_dict({recipe.to_dict()!r})"


def _arguments(values: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in values.items())
