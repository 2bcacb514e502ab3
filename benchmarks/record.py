"""What every benchmark writes beside its figures: machine, versions, date, commit and command."""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inklens.datasets import Dataset
from inklens.errors import InklensError
from inklens.networks.backends import versions
from inklens.recipes import Committee, Recipe, recipe_for, recipe_from_dict
from inklens.run_folder import atomic

RESULTS = Path(__file__).parent / "results"

AnyRecipe = Recipe | Committee


def parser(about: str, parts: str | None = None) -> argparse.ArgumentParser:
    """A parser of the command line.

    Args:
        about: the script's docstring.
        parts: its folder in runs, if it keeps finished parts: it then has --parts, --fresh and --dry.
    """
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    if parts is not None:
        made.add_argument("--parts", type=Path, default=Path("runs", parts))
        made.add_argument("--fresh", action="store_true", help="measures anew what the result has already")
        made.add_argument("--dry", action="store_true", help="prints only")
    return made


def write(name: str, figures: dict[str, Any]) -> Path:
    """Writes results/NAME.json and says where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {
        "benchmark": name,
        "command": shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "date": _now(),
        "commit": _commit(),
        "machine": machine(),
        "versions": versions(),
        **figures,
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path}")
    return path


def read(name: str) -> dict[str, Any]:
    """What results/NAME.json says; empty where there is none."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def machine() -> dict[str, Any]:
    """What times depend on: they are compared on one machine only."""
    return {"processor": _processor(), "cores": os.cpu_count(), "platform": platform.platform()}


def concrete(preset: str, data: Dataset, **options: Any) -> AnyRecipe:
    """A preset as the recipe.json of a run on these data says it."""
    from inklens.training.prepare import concrete_recipe

    recipe = recipe_for(preset, **options)
    if isinstance(recipe, Recipe):
        return concrete_recipe(recipe, data)
    members = {name: concrete_recipe(member, data) for name, member in recipe.members.items()}
    return Committee(recipe.preset, members)


def is_of(recipe: AnyRecipe, written: dict[str, Any] | None) -> bool:
    """Whether a recipe as it was written down is this one; one of a former format, or none, is not."""
    try:
        return written is not None and recipe_from_dict(written) == recipe
    except InklensError:
        return False


def part(
    file: Path,
    others: Iterable[dict[str, Any]],
    recipe: AnyRecipe | None,
    measure: Callable[[], dict[str, Any]],
    **same: Any,
) -> dict[str, Any]:
    """A part of a benchmark of times: as it was measured on this machine by this recipe, or measured now.

    Args:
        file: where it is kept.
        others: the parts of a former result.
        recipe: None where the part is of no recipe of ours.
        measure: gives the figures.
        same: what else it must say, by name.
    """
    expected = {**same, "machine": machine()}
    own = [json.loads(file.read_text(encoding="utf-8"))] if file.is_file() else []
    for known in (*own, *others):
        if all(known.get(name) == value for name, value in expected.items()) and (
            recipe is None or is_of(recipe, known.get("recipe"))
        ):
            return known
    written = {} if recipe is None else {"recipe": recipe.to_dict()}
    text = json.dumps({**expected, **measure(), **written, "date": _now()})
    with atomic(file) as path:
        path.write_text(text, encoding="utf-8")
    return json.loads(text)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _commit() -> str:
    here = Path(__file__).parent
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=here, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    flags = next(line for line in lines if line.startswith("flags")).split()
    model = next(line for line in lines if line.startswith("model name")).split(":", 1)[1].strip()
    return model + (" with avx512_bf16" if "avx512_bf16" in flags else " without avx512_bf16")
