"""The members of a committee side by side on a cluster, each with its share of the cores, or a GPU.

Ray runs a member again elsewhere whose process or node dies. Its networks have the same bits as those
that are trained one after another with as many threads.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from inklens.cluster.connection import Cluster
from inklens.cluster.folder_archive import pack, unpack
from inklens.cluster.member_share import Share, share_of
from inklens.cluster.member_task import MemberResult, MemberTask, train_here
from inklens.cluster.reports import start_reports
from inklens.cluster.shared_storage import is_shared, travelling
from inklens.errors import StoppedError
from inklens.training.committee.train_committee import MemberTraining, RunMembers
from inklens.training.parts import DataParts
from inklens.training.prepare import TrainingOptions
from inklens.training.progress import EpochProgress

RETRIES = 20  # of a member whose process or node dies
# A training hears of its end between two executions, which last half a second; a compilation lasts longer.
_SECONDS_TO_END = 20.0
_log = logging.getLogger(__name__)


def members_on(
    cluster: Cluster, *, say: Callable[[str], object] | None = None, shared: bool | None = None
) -> RunMembers:
    """What trains members on a cluster, for `run_members` of `inklens.train` and `inklens.resume`.

    Args:
        cluster: which this process is connected to.
        say: told in one line each how the data travel and where checkpoints go.
        shared: whether every node reaches the run folder; None asks each of them.
    """

    def run(members: Sequence[MemberTraining], parts: DataParts, options: TrainingOptions) -> None:
        tell = say or _log.info
        above = members[0].folder.path.parent
        above.mkdir(exist_ok=True)
        reached = is_shared(above) if shared is None else shared
        share = share_of(cluster.nodes, len(members))
        data, how = travelling(parts)
        tell(f"{share.at_once} of {len(members)} members at a time, {_each(share)}; data are {how}")
        tell(
            "checkpoints are reached by all nodes: a member whose node dies goes on from its last one"
            if reached
            else "checkpoints stay on their nodes: a member whose node dies begins again on another"
        )
        _Run(members, options, share, reached).train(data)

    return run


def _each(share: Share) -> str:
    if share.gpus:
        return "each on a GPU"
    return f"each on {share.cores} core{'s' * (share.cores > 1)}"


class _Run:
    """The members of one committee while they are trained."""

    def __init__(
        self, members: Sequence[MemberTraining], options: TrainingOptions, share: Share, reached: bool
    ) -> None:
        self._members = {member.name: member for member in members}
        self._options, self._share, self._reached = options, share, reached
        self._reports = start_reports()
        self._running: dict[Any, str] = {}
        self._begun: set[str] = set()
        self._failures: dict[str, str] = {}
        self._ending = False

    def train(self, data: Any) -> None:
        """Trains all.

        Raises:
            StoppedError: some could not be trained; all the others are done.
            KeyboardInterrupt: passed on; every training has ended.
        """
        import ray

        remote = ray.remote(
            num_cpus=self._share.cores,
            num_gpus=self._share.gpus,
            max_retries=RETRIES,
            max_calls=1,  # one process has one backend and one number of threads
            runtime_env={"env_vars": self._share.environment},
        )(train_here)
        for member in self._members.values():
            self._running[remote.remote(self._task(member), data, self._reports)] = member.name
        try:
            while self._running:
                self._listen(0.25)
        except KeyboardInterrupt:
            self._end_all()
            raise
        finally:
            self._conclude()
        if self._failures:
            raise StoppedError(
                "; ".join(self._failures[name] for name in self._members if name in self._failures)
            )

    def _task(self, member: MemberTraining) -> MemberTask:
        path = member.folder.path
        left = not self._reached and (path / "status.json").is_file()
        return MemberTask(
            member.name,
            member.recipe.to_dict(),
            self._options.to_dict(),
            list(sys.argv),
            str(path.resolve()) if self._reached else None,
            pack(path) if left else None,
            os.urandom(8).hex(),
        )

    def _listen(self, seconds: float) -> None:
        """Waits for so long at most, and takes what is done and what was said."""
        import ray

        done, _ = ray.wait(list(self._running), timeout=seconds)
        for name, record in ray.get(self._reports.heard.remote()):
            if record is None:
                self._begin(name)
            elif self._options.progress is not None and not self._ending:
                which = ", ".join(filter(None, (self._members[name].telling, record["member"])))
                self._options.progress(EpochProgress(**{**record, "member": which, "side_by_side": True}))
        for task in done:
            self._take(self._running.pop(task), task)

    def _begin(self, name: str) -> None:
        if name in self._begun:
            where = "from its last checkpoint" if self._reached else "from its start"
            _log.warning("the process or the node that trained %s died; it is trained again, %s", name, where)
        self._begun.add(name)

    def _take(self, name: str, task: Any) -> None:
        """Keeps what a training has left, at once."""
        import ray

        try:
            result: MemberResult = ray.get(task)
        except ray.exceptions.TaskCancelledError:
            return
        except ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1][-500:]
            result = MemberResult("failed", f"{name} cannot be trained: {reason}")
        if result.packed is not None:
            unpack(result.packed, self._members[name].folder.path)
        if result.state == "failed":
            self._failures[name] = result.error or f"{name} cannot be trained"
            if self._running:  # else it is the last word anyway
                _log.warning("%s; the others go on", self._failures[name])

    def _end_all(self) -> None:
        """Has all trainings keep what there is and end, by force those that do not end by themselves."""
        import ray

        self._ending = True
        self._reports.end.remote()
        for task, name in self._running.items():
            if name not in self._begun:
                ray.cancel(task)
        no_more = time.monotonic() + _SECONDS_TO_END
        while self._running and time.monotonic() < no_more:
            self._listen(0.25)
        for task in self._running:
            ray.cancel(task, force=True)

    def _conclude(self) -> None:
        """Has folders say how it ended where their processes could not."""
        for name, member in self._members.items():
            folder = member.folder
            if (folder.path / "status.json").is_file() and folder.status().get("state") == "running":
                if name in self._failures:
                    folder.set_status("failed", reason=self._failures[name])
                else:
                    folder.set_status("interrupted")
