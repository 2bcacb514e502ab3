"""The recipe of a committee: several recipes whose networks vote. Knows no framework."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from inklens.choices import check_choice
from inklens.errors import OptionError
from inklens.networks.table import SEEDS
from inklens.recipes.presets import COMMITTEES, PRESETS
from inklens.recipes.recipe import Recipe

# Calibration is of the vote, on images that no member learnt from; and one process has one backend.
_SHARED = ("validation_data", "validation_split", "split_seed", "backend")


@dataclass(frozen=True)
class Committee:
    """How to train networks that vote. `Committee.from_preset("committee")` is the usual start.

    Args:
        preset: the preset's name, for the run's name and its reader.
        members: the recipe of each network, by the name of its folder in members; two or more, which hold the
            same images out and name the same backend.

    Raises:
        OptionError: fewer than two members, a name that is no folder's, or members that do not go together.
    """

    preset: str
    members: Mapping[str, Recipe]

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise OptionError(f"a committee of {len(self.members)}: expected two networks or more")
        for name in self.members:
            if not name or set(name) & set("/\\\0") or name in (".", ".."):
                raise OptionError(f"a member called {name!r}; expected the name of a folder, such as 'deep'")
        for field in _SHARED:
            values = {getattr(recipe, field) for recipe in self.members.values()}
            if len(values) > 1:
                raise OptionError(
                    f"the members of a committee differ in {field}: {', '.join(sorted(map(str, values)))}; "
                    "expected the same in all"
                )

    @classmethod
    def from_preset(cls, name: str, *, seed: int = 0, at_once: int = 1, **options: Any) -> Self:
        """A preset, with some fields changed in all members.

        Args:
            seed: of the committee: member k of n gets n * seed + k, so that no two committees share a
                network, and all of them hold out the images that `seed` decides on.
            at_once: how many members will be trained at a time.
            options: fields of every member's recipe; a `time_budget` is shared out among those that follow
                one another.

        Raises:
            OptionError: no such preset, no such field, or a value out of range.

        Example:
            >>> len(Committee.from_preset("committee", epochs=1).members)
            3
        """
        check_choice("committee", name, COMMITTEES)
        members = {member: Recipe.from_dict(fields) for member, fields in COMMITTEES[name].items()}
        return cls(name, members).with_options(seed=seed, at_once=at_once, **options)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The opposite of `to_dict`."""
        members = values["members"]
        return cls(values["preset"], {name: Recipe.from_dict(members[name]) for name in members})

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for recipe.json."""
        members = {name: recipe.to_dict() for name, recipe in self.members.items()}
        return {"preset": self.preset, "members": members}

    def with_options(self, *, seed: int | None = None, at_once: int = 1, **options: Any) -> Self:
        """Some fields changed in all members; see `from_preset`. Without a seed, members keep their own."""
        count = len(self.members)
        own: dict[str, dict[str, Any]] = {name: {} for name in self.members}
        if seed is not None:
            options = {"validation_seed": seed, **options}
            own = {
                name: {"seed": (count * seed + number) % SEEDS} for number, name in enumerate(self.members)
            }
        if options.get("time_budget") is not None:
            options["time_budget"] /= math.ceil(count / at_once)
        changed = {name: recipe.with_options(**options, **own[name]) for name, recipe in self.members.items()}
        return type(self)(self.preset, changed)

    @property
    def first(self) -> Recipe:
        """A member's recipe, for what all members have in common."""
        return next(iter(self.members.values()))

    @property
    def validation_data(self) -> str:
        """What every member is validated on, "split" or "test"."""
        return self.first.validation_data

    @property
    def validation_split(self) -> float | int:
        """How much every member holds out."""
        return self.first.validation_split

    @property
    def split_seed(self) -> int:
        """What decides which images every member holds out."""
        return self.first.split_seed

    @property
    def backend(self) -> str:
        """What every member is trained on."""
        return self.first.backend


def recipe_for(preset: str, **options: Any) -> Recipe | Committee:
    """The recipe of any preset, of one network or of several, with some fields changed.

    Raises:
        OptionError: no such preset, no such field, or a value out of range.
    """
    check_choice("preset", preset, (*PRESETS, *COMMITTEES))
    made = Committee if preset in COMMITTEES else Recipe
    return made.from_preset(preset, **options)


def recipe_from_dict(values: Mapping[str, Any]) -> Recipe | Committee:
    """What recipe.json says under "recipe"."""
    return Committee.from_dict(values) if "members" in values else Recipe.from_dict(values)
