"""How trainings elsewhere tell this process where they stand, and hear from it that they are to end."""

from __future__ import annotations

import _thread
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from inklens.training.progress import EpochProgress

_SECONDS_BETWEEN = 0.25  # two records of one training within an epoch


class Reports:
    """What trainings said and nobody has heard yet. As an actor on the node of who listens."""

    def __init__(self) -> None:
        self._said: list[tuple[str, dict[str, Any] | None]] = []
        self._ends: set[str] = set()
        self._all_end = False

    def begin(self, name: str) -> bool:
        """A training begins, perhaps once more; whether it is to end at once."""
        self._said.append((name, None))
        return self._is_to_end(name)

    def tell(self, name: str, record: dict[str, Any]) -> bool:
        """Takes a record of progress; whether the training is to end."""
        self._said.append((name, record))
        return self._is_to_end(name)

    def heard(self) -> list[tuple[str, dict[str, Any] | None]]:
        """All that was said since the last time; None for a record says that a training begins."""
        said, self._said = self._said, []
        return said

    def end(self, name: str | None = None) -> None:
        """Has one training, or all of them, end after the execution that runs."""
        if name is None:
            self._all_end = True
        else:
            self._ends.add(name)

    def _is_to_end(self, name: str) -> bool:
        return self._all_end or name in self._ends


def start_reports() -> Any:
    """The actor, which lives as long as this process is connected."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0)(Reports).options(scheduling_strategy=here).remote()


def teller(reports: Any, name: str) -> Callable[[EpochProgress], None]:
    """The callback of a training elsewhere; where it is to end, Ctrl-C is pressed for it."""
    import ray

    last = 0.0

    def tell(now: EpochProgress) -> None:
        nonlocal last
        if not now.finished and time.monotonic() - last < _SECONDS_BETWEEN:
            return
        last = time.monotonic()
        if ray.get(reports.tell.remote(name, asdict(now))):
            _thread.interrupt_main()  # Ray keeps the signal itself from its processes

    return tell
