"""The trainings of a search: one after another in this process, or side by side on a cluster."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inklens.cluster.connection import Cluster, working_nodes
from inklens.cluster.member_share import share_of
from inklens.cluster.remote_members import RETRIES
from inklens.cluster.reports import start_reports, teller
from inklens.cluster.shared_storage import arrived, travelling
from inklens.datasets import Dataset
from inklens.errors import DivergedError, RunError
from inklens.recipes import Recipe
from inklens.training.parts import DataParts
from inklens.training.progress import EpochProgress
from inklens.training.validation_curve import validation_curve


@dataclass(frozen=True)
class TrialCurve:
    """How one training of a search went.

    Args:
        accuracies: on the validation images after each epoch, shares of 1.
        losses: the same.
        seconds: that it took.
        state: "done"; "pruned", ended as it was told to; or "diverged".
    """

    accuracies: tuple[float, ...]
    losses: tuple[float, ...]
    seconds: float
    state: str


# The next training, by name; None where none is left, or none may begin any more.
NextTrial = Callable[[], tuple[str, Recipe] | None]
# Is told of a training's progress, and says whether it is to end.
Hear = Callable[[str, EpochProgress], bool]
Ended = Callable[[str, TrialCurve], object]
# Trains all that `NextTrial` gives; how many are left at most is known before, for the shares.
RunTrials = Callable[[Dataset, int, NextTrial, Hear, Ended], None]


class _Pruned(Exception):  # noqa: N818 (no error)
    """A training is ended as it was told to."""


def one_trial_after_another(
    data: Dataset, left: int, next_trial: NextTrial, hear: Hear, ended: Ended
) -> None:
    """In this process."""
    while (one := next_trial()) is not None:
        name, recipe = one

        def tell(now: EpochProgress, name: str = name) -> None:
            if hear(name, now):
                raise _Pruned

        ended(name, curve_of(data, recipe, tell))


def curve_of(
    data: Dataset, recipe: Recipe, tell: Callable[[EpochProgress], object], *, interrupts_prune: bool = False
) -> TrialCurve:
    """Trains by a recipe and says how it went.

    Args:
        tell: called with its progress; what it raises ends the training.
        interrupts_prune: Ctrl-C is pressed by who prunes.
    """
    finished: list[EpochProgress] = []
    began = time.perf_counter()

    def take(now: EpochProgress) -> None:
        if now.finished:
            finished.append(now)
        tell(now)

    state = "done"
    try:
        validation_curve(data, recipe, take)
    except _Pruned:
        state = "pruned"
    except DivergedError:
        state = "diverged"
    except KeyboardInterrupt:
        if not interrupts_prune:
            raise
        state = "pruned"
    accuracies = tuple(now.val_accuracy or 0.0 for now in finished)
    losses = tuple(now.val_loss or 0.0 for now in finished)
    return TrialCurve(accuracies, losses, round(time.perf_counter() - began, 3), state)


def trials_on(cluster: Cluster, *, say: Callable[[str], object] = lambda line: None) -> RunTrials:
    """Side by side on a cluster, each with its share of the cores; one whose node dies begins again."""

    def run(data: Dataset, left: int, next_trial: NextTrial, hear: Hear, ended: Ended) -> None:
        _RemoteTrials(data, left, hear, ended, say).run(next_trial)

    return run


class _RemoteTrials:
    """Trainings of a search that run on a cluster."""

    def __init__(
        self, data: Dataset, left: int, hear: Hear, ended: Ended, say: Callable[[str], object]
    ) -> None:
        import ray

        self._hear, self._ended = hear, ended
        self._share = share_of(working_nodes(), max(1, left))
        self._data, how = travelling(DataParts(data, data.train, data.train, None))
        say(f"{self._share.at_once} at a time, each on {self._share.cores} of the cores; data are {how}")
        self._reports = start_reports()
        self._running: dict[Any, str] = {}
        self._remote = ray.remote(
            num_cpus=self._share.cores,
            num_gpus=self._share.gpus,
            max_retries=RETRIES,
            max_calls=1,
            runtime_env={"env_vars": self._share.environment},
        )(_train)

    def run(self, next_trial: NextTrial) -> None:
        """Keeps as many running as there is room for."""
        import ray

        more = True
        try:
            while more or self._running:
                while more and len(self._running) < self._share.at_once:
                    one = next_trial()
                    more = one is not None
                    if one is not None:
                        name, recipe = one
                        task = self._remote.remote(name, recipe.to_dict(), self._data, self._reports)
                        self._running[task] = name
                if self._running:
                    self._listen()
        finally:
            for task in self._running:
                ray.cancel(task, force=True)

    def _listen(self) -> None:
        import ray

        done, _ = ray.wait(list(self._running), timeout=0.25)
        for name, record in ray.get(self._reports.heard.remote()):
            if record is not None and self._hear(name, EpochProgress(**{**record, "side_by_side": True})):
                ray.get(self._reports.end.remote(name))
        for task in done:
            name = self._running.pop(task)
            try:
                curve = ray.get(task)
            except ray.exceptions.RayError as error:
                reason = str(error).strip().splitlines()[-1][-500:]
                raise RunError(f"trial {name} cannot be trained: {reason}; resume the search") from error
            self._ended(name, curve)


def _train(name: str, recipe: dict[str, Any], data: Any, reports: Any) -> TrialCurve:
    """One training, in a process of its own on some node."""
    import ray

    signal.signal(signal.SIGINT, signal.default_int_handler)
    ray.get(reports.begin.remote(name))
    tell = teller(reports, name)
    return curve_of(arrived(data), Recipe.from_dict(recipe), tell, interrupts_prune=True)
