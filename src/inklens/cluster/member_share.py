"""What of a cluster each of several trainings gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inklens.cluster.connection import Node


@dataclass(frozen=True)
class Share:
    """What one training gets, and how many have it at the same time.

    Args:
        cores: threads of its own, 1 or more.
        gpus: 1 where the cluster has any, else 0.
        at_once: how many trainings run side by side.
    """

    cores: int
    gpus: int
    at_once: int

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its process: as many threads as it has cores, whatever the backend."""
        threads = str(self.cores)
        return {
            "OMP_NUM_THREADS": threads,  # PyTorch, NumPy
            "TF_NUM_INTRAOP_THREADS": threads,
            "TF_NUM_INTEROP_THREADS": threads,
            "NPROC": threads,  # JAX on a CPU
            # Else the first process takes (nearly) all of a GPU's memory.
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        }


def share_of(nodes: Sequence[Node], trainings: int) -> Share:
    """A GPU for each where there are any; else as many cores as let all of them run side by side.

    Where there are fewer cores than trainings each gets one core, and some wait.

    Args:
        nodes: one or more, each with a core or more.
        trainings: 1 or more.
    """
    with_gpus = [node for node in nodes if node.gpus]
    if with_gpus:
        at_once = min(trainings, sum(min(node.gpus, node.cores) for node in with_gpus))
        cores = min(max(1, node.cores // node.gpus) for node in with_gpus)
        return Share(cores, 1, at_once)
    for cores in range(max(node.cores for node in nodes), 0, -1):
        places = sum(node.cores // cores for node in nodes)
        if places >= trainings:
            return Share(cores, 0, trainings)
    return Share(1, 0, sum(node.cores for node in nodes))
