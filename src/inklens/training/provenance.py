"""Where a run comes from: data, their parts, and machine, as its folder says before the first step."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inklens import __version__
from inklens.errors import OptionError
from inklens.networks.backends import accelerator, versions
from inklens.paths import given_path
from inklens.run_folder import RunFolder, complete
from inklens.training.parts import DataParts

THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def describe_data(parts: DataParts) -> dict[str, Any]:
    """What recipe.json says besides the recipe itself."""
    data = parts.data
    held_out = {id(data.validation): "own", id(parts.test): "test"}
    return {
        "pixels": data.spec.to_dict(),
        "data": {
            "name": data.name,
            "path": data.path,
            "kind": data.kind,
            "seed": data.seed,
            "hold_out": data.hold_out,
            "added": None if data.added is None else data.added.path,
            "class_names": list(data.class_names),
            "fingerprint": data.fingerprint,
            "source": data.source,
            "notes": list(data.notes),
            "train": len(parts.train),
            "validation": len(parts.validation),
            "validation_is": held_out.get(id(parts.validation), "split"),
            "test": None if parts.test is None else len(parts.test),
        },
    }


def read_check(path: str | Path, fingerprint: str) -> RunFolder:
    """The folder of a check of data, before a run whose report is to show it.

    Args:
        fingerprint: of the data that the run is of.

    Raises:
        OptionError: it is a check of other data.
        RunError: it is none.
    """
    checked = RunFolder(given_path(path))
    with complete(checked.check):
        of = checked.read_json(checked.check)["data"]["fingerprint"]
    if of != fingerprint:
        raise OptionError(f"check {path} is of other data; give the folder that a check of these data wrote")
    return checked


def keep_check(folder: RunFolder, checked: RunFolder) -> None:
    """Copies what a check found, and its picture, into a run folder."""
    folder.write_json(folder.check, checked.read_json(checked.check))
    if checked.findings.is_file():
        folder.write_bytes(folder.findings, checked.findings.read_bytes())


def write_environment(folder: RunFolder, backend: str, policy: str) -> None:
    """environment.json, to which a run that goes on adds what it is resumed by. The names of the classes are
    written beside it, as labels.txt."""
    class_names = folder.read_recipe()["data"]["class_names"]
    folder.write_text(folder.labels, "".join(f"{name}\n" for name in class_names))
    now = {
        **environment(backend, "bfloat16" if policy == "mixed_bfloat16" else "float32"),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
    }
    if folder.environment.is_file():
        began = folder.read_json(folder.environment)
        now = {**began, "resumed": [*began.get("resumed", []), now]}
    folder.write_json(folder.environment, now)


def environment(backend: str, precision: str) -> dict[str, Any]:
    """What besides recipe and data decides which weights a training ends with: machine and versions."""
    return {
        "inklens": __version__,
        "backend": backend,
        "precision": precision,
        "versions": versions(),
        "platform": platform.platform(),
        "processor": _processor(),
        "accelerator": accelerator(backend),
        "cores": os.cpu_count(),
        "threads": {name: os.environ.get(name) for name in THREADS},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:  # not Linux
        return platform.processor()
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())
