"""The tables at the end of a report: recipe, data, versions and machine, as rows of name and value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inklens.reporting.report import wording
from inklens.reporting.report.run_figures import Sources

Rows = tuple[tuple[str, str], ...]


def recipe_settings(sources: Sources) -> dict[str, Any]:
    """A recipe's fields; of a committee, those in which all members agree."""
    recipe = sources.recipe["recipe"]
    if "members" not in recipe:
        return dict(recipe)
    first, *others = recipe["members"].values()
    alike = {field: value for field, value in first.items() if all(value == other[field] for other in others)}
    return {**alike, "preset": recipe["preset"], "members": list(recipe["members"])}


def rows(settings: Mapping[str, Any]) -> Rows:
    return tuple((key.replace("_", " "), _plain(value)) for key, value in settings.items())


def data_rows(sources: Sources) -> Rows:
    data, pixels = sources.recipe["data"], sources.recipe["pixels"]
    said = {key: data[key] for key in ("name", "kind", "train", "validation", "test") if key in data}
    said["pixels"] = wording.shape((pixels["height"], pixels["width"], pixels["channels"]))
    said["framing"] = pixels.get("framing")
    said["fingerprint"] = data.get("fingerprint")
    return rows(said)


def version_rows(environment: Mapping[str, Any]) -> Rows:
    said = {
        key: environment.get(key)
        for key in ("backend", "precision", "processor", "cores", "platform", "date")
    }
    return (*rows(environment.get("versions") or {}), *rows(said))


def _plain(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else wording.clean(str(value))
