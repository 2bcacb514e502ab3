"""What every benchmark writes beside its figures: machine, versions, date, commit and command."""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import inklens
from inklens.datasets import Dataset
from inklens.datasets.places import data_dir
from inklens.errors import InklensError
from inklens.networks.backends import versions
from inklens.recipes import Committee, Recipe, recipe_for, recipe_from_dict

RESULTS = Path(__file__).parent / "results"

AnyRecipe = Recipe | Committee


def parser(about: str) -> argparse.ArgumentParser:
    """A parser of the command line, which has --dry; `about` is the script's docstring."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--dry", action="store_true", help="prints only")
    return made


def write(name: str, figures: dict[str, Any], *, dry: bool = False) -> None:
    """Writes results/NAME.json and says where, unless it is dry."""
    if dry:
        return
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {
        "benchmark": name,
        "command": shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": machine(),
        "versions": versions(),
        **figures,
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path}")


def machine() -> dict[str, Any]:
    """The machine that this runs on, as results say it."""
    return {"processor": _processor(), "cores": os.cpu_count(), "platform": platform.platform()}


def is_of_here(written: dict[str, Any]) -> bool:
    """Whether a result is of this machine, its system and these versions, so that more can be added to it."""
    return (written.get("machine"), written.get("versions")) == (machine(), versions())


def read(name: str) -> dict[str, Any]:
    """What results/NAME.json says; empty where there is none."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def load(name: str) -> Dataset:
    """A data set by its name, or by that of a file in INKLENS_DATA."""
    path = (data_dir() or Path()) / name
    return inklens.load(path) if path.is_file() else inklens.load(name)


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
