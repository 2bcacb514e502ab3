"""A training from a file: the recipe.json of a run, or a recipe of one's own as JSON or TOML.

preset = "accurate"
epochs = 8
learning_rate = 0.002
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any

from inklens.choices import check_choice
from inklens.errors import OptionError
from inklens.paths import given_path
from inklens.recipes.committee_recipe import Committee, recipe_for
from inklens.recipes.recipe import Recipe
from inklens.recipes.values import RECIPE_FORMAT

_EXPECTED = "expected the recipe.json of a run, or the fields of a recipe as JSON or TOML"
_FIELDS = tuple(one.name for one in fields(Recipe))
# What recipe.json says beside the recipe, as Python has it.
_DATA_TYPES: dict[str, type | tuple[type, ...]] = {
    "data": str, "kind": str, "channels": int, "framing": str, "seed": int, "hold_out": bool,
    "add": (str, NoneType),
}  # fmt: skip
_OPTION_TYPES: dict[str, type | tuple[type, ...]] = {
    "test": bool, "max_error": (int, float, NoneType), "tensorboard": bool,
    "checkpoint_every": (int, float), "start": str, "teacher": str,
}  # fmt: skip


@dataclass(frozen=True)
class SavedTraining:
    """What a file says of a training.

    Args:
        recipe: how to train.
        data: the options of `inklens.load` that give the data; None where the file is a recipe alone.
        fingerprint: of these data as they were.
        options: of `inklens.train`, such as test and max_error.
        teacher_sha256: of the networks of the teacher in `options` as they were; None: has none.
    """

    recipe: Recipe | Committee
    data: Mapping[str, Any] | None = None
    fingerprint: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    teacher_sha256: str | None = None


def read_training(path: str | Path) -> SavedTraining:
    """What a file says of a training: its recipe, and of a run's recipe.json also the data and the options.

    A file of one's own has the fields of a recipe. Those that it lacks are the preset's, of "fast" where it
    names none. A committee has "members", the fields of each by its name.

    Raises:
        OptionError: no such file, neither JSON nor TOML, an unknown field, or a value out of range.

    Example:
        >>> read_training("runs/mnist-fast-1/recipe.json").recipe.epochs
        4
    """
    path = given_path(path)
    content = _parsed(path)
    try:
        if content.get("format", RECIPE_FORMAT) != RECIPE_FORMAT:
            raise OptionError(
                f"it is of format {content['format']}; expected {RECIPE_FORMAT}: use the version of Inklens "
                "that wrote it"
            )
        if "recipe" not in content:
            return SavedTraining(_recipe(content))
        recipe = _recipe(content["recipe"])
        if "data" not in content:
            return SavedTraining(recipe)
        fingerprint, options = content["data"].get("fingerprint"), dict(content.get("options", {}))
        if content.get("started_from") is not None:
            options["start"] = content["started_from"]
        teacher_sha256 = None
        if content.get("teacher") is not None:
            options["teacher"], teacher_sha256 = (content["teacher"][name] for name in ("path", "sha256"))
        _check_types(options, _OPTION_TYPES)
        _check_types({"sha256": teacher_sha256}, {"sha256": (str, NoneType)})
        return SavedTraining(recipe, load_options(content), fingerprint, options, teacher_sha256)
    except OptionError as error:
        raise OptionError(f"recipe {path}: {error}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OptionError(f"recipe {path} lacks what is expected in it ({error}): {_EXPECTED}") from error


def read_recipe(path: str | Path) -> Recipe | Committee:
    """The recipe of a file; see `read_training`."""
    return read_training(path).recipe


def load_options(described: Mapping[str, Any]) -> dict[str, Any]:
    """What recipe.json says of the data, as the options with which `inklens.load` gives them again.

    Raises:
        KeyError, TypeError: it is not whole.
    """
    data, pixels = described["data"], described["pixels"]
    options = {
        "data": data.get("path") or data["name"],
        "kind": data["kind"],
        "size": (pixels["height"], pixels["width"]),
        "channels": pixels["channels"],
        "framing": pixels["framing"],
        "seed": data.get("seed", 0),
        "hold_out": data.get("hold_out", True),
        "add": data.get("added"),
    }
    _check_types(options, _DATA_TYPES)
    _check_types(pixels, {"height": int, "width": int})
    return options


def _check_types(values: Mapping[str, Any], types: Mapping[str, type | tuple[type, ...]]) -> None:
    """Raises TypeError where a value that is given is of another type."""
    for name, expected in types.items():
        if name in values and not isinstance(values[name], expected):
            raise TypeError(f"{name} is {values[name]!r}")


def _parsed(path: Path) -> dict[str, Any]:
    """The object that a file holds."""
    parse = tomllib.loads if path.suffix.lower() == ".toml" else json.loads
    if path.is_dir():
        inside = path / "recipe.json" if (path / "recipe.json").is_file() else "a file in it"
        raise OptionError(f"recipe {path} is a folder; give {inside}")
    try:
        content = parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"recipe {path} cannot be read ({error.strerror or error}); {_EXPECTED}") from error
    except (ValueError, RecursionError) as error:
        raise OptionError(f"recipe {path} cannot be read ({error}); {_EXPECTED}") from error
    if not isinstance(content, dict):
        raise OptionError(f"recipe {path} holds a {type(content).__name__}; {_EXPECTED}")
    return content


def _recipe(values: Mapping[str, Any]) -> Recipe | Committee:
    if "members" not in values:
        return _of_preset(values)
    for name in values:
        check_choice("field of a committee", name, ("preset", "members"))
    members = {name: _of_preset(member) for name, member in values["members"].items()}
    recipes = {name: recipe for name, recipe in members.items() if isinstance(recipe, Recipe)}
    if len(recipes) < len(members):
        raise OptionError("a member of a committee is a committee itself; expected one network each")
    return Committee(values.get("preset", "committee"), recipes)


def _of_preset(values: Mapping[str, Any]) -> Recipe | Committee:
    """A recipe from its fields; those that are left out are the preset's."""
    for name in values:
        check_choice("recipe field", name, _FIELDS)
    if values.keys() >= set(_FIELDS) - {"things"}:
        return Recipe.from_dict(values)
    changed = dict(values)
    return recipe_for(changed.pop("preset", "fast"), **changed)
