"""How many members of a committee are trained at the same time, and what of the machine each of them gets."""

from __future__ import annotations

import os
from pathlib import Path

from inklens.errors import OptionError

# A small network's step splits into few threads with profit; so many cores are one job's by "auto".
CORES_PER_JOB = 4
_SYSTEM = Path("/")


def resolve_jobs(jobs: int | str, members: int, root: Path = _SYSTEM) -> int:
    """How many processes train `members` networks.

    "auto" is one for each NVIDIA GPU that this process may use; without any, one for each four physical
    cores, at least one. There are never more than members.

    Args:
        jobs: a whole number, 1 or more, or "auto".
        root: of the file system, where the system tells of its devices.

    Raises:
        OptionError: `jobs` is neither.
    """
    if jobs == "auto":
        jobs = max(1, len(_gpus(root)) or len(_physical_cores(root)) // CORES_PER_JOB)
    if not isinstance(jobs, int) or jobs is True or jobs < 1:
        raise OptionError(f"jobs {jobs!r} is out of range: expected a whole number, 1 or more, or 'auto'")
    return max(1, min(jobs, members))


def job_environment(backend: str, slot: int, jobs: int, root: Path = _SYSTEM) -> dict[str, str]:
    """The environment of the child process in a slot, 0 to jobs - 1: its backend, threads and GPU."""
    threads = str(max(1, len(_usable_cores()) // jobs))
    environment = {
        **os.environ,
        **SHARED_GPU,
        "KERAS_BACKEND": backend,
        "OMP_NUM_THREADS": threads,  # PyTorch, NumPy
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        "NPROC": threads,  # JAX on a CPU
    }
    if gpus := _gpus(root):
        environment["CUDA_VISIBLE_DEVICES"] = gpus[slot % len(gpus)]
    return environment


# Else the first process takes (nearly) all of a GPU's memory, and the next one finds none.
SHARED_GPU = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


def _gpus(root: Path) -> list[str]:
    """The NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    found = [path.name.removeprefix("nvidia") for path in root.glob("dev/nvidia[0-9]*")]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if not found or visible is None:
        return sorted(found, key=int)
    return [name for name in map(str.strip, visible.split(",")) if name not in ("", "-1")]


def _usable_cores() -> set[int]:
    """The logical cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _physical_cores(root: Path) -> set[str]:
    """The usable cores, those that are threads of one core counted once where the system says so."""
    cores = set()
    for core in _usable_cores():
        siblings = root / f"sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list"
        cores.add(siblings.read_text(encoding="ascii").strip() if siblings.is_file() else str(core))
    return cores
