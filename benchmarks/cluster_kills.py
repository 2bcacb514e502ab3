"""Committees on a cluster whose processes are killed and whose nodes are removed: are the networks the same?

    python benchmarks/cluster_kills.py --kills 20 --removals 5

A head without cores and two nodes of one core, all real processes of this machine. Committees of two networks
are trained on it; at random moments SIGKILL ends the process of a member, or a node is removed (and another
joins). Every committee must end, and its networks must have the SHA-256 of those that one process trained one
after another with one thread. In turn checkpoints are reached by all nodes, and are not. Each committee has
at most seven of these faults; after --minutes no more come, and the last committee ends.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import record
from inklens.cluster import connected, members_on
from inklens.datasets import Dataset, load
from inklens.recipes import Committee
from inklens.run_folder import RunFolder
from inklens.training import train
from ray_nodes import Nodes, own_processes
from training_kills import RECIPE, few_digits
from weights import digest

MOST = 7  # faults of one committee, so that there are several committees of both kinds
MEMBER = replace(RECIPE, validation_seed=0, epochs=4)
COMMITTEE = Committee("two", {"a": MEMBER, "b": replace(MEMBER, network="convnet-small", seed=1)})
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
SERIALLY = """
import sys
from cluster_kills import COMMITTEE, load, train
data = load(sys.argv[1], kind="writing", framing="ink")
train(data, COMMITTEE, report=False, output=sys.argv[2], name="run")
"""


def hashes(run: Path) -> dict[str, str]:
    """Of every network of every member."""
    return {str(path.relative_to(run)): digest(path) for path in sorted(run.glob("members/*/[!.]*.keras"))}


def serially(folder: Path) -> dict[str, str]:
    """The hashes of the committee that one process trains with one thread."""
    environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SERIALLY, str(folder / "few.npz"), str(folder)]
    subprocess.run(command, env=environment, check=True)
    return hashes(folder / "run")


class Faults:
    """What is done to a committee while it is trained, at random moments.

    Args:
        left: how many of each kind are still to come.
        until: the time after which none come, by `time.monotonic`.
    """

    def __init__(self, nodes: Nodes, chance: random.Random, left: dict[str, int], until: float) -> None:
        self._nodes, self._chance, self._left, self._until = nodes, chance, left, until
        self._next, self._here = 0.0, 0

    @property
    def over(self) -> bool:
        """Whether no more will come."""
        return not any(self._left.values()) or time.monotonic() > self._until

    def start(self) -> None:
        """For another committee."""
        self._next, self._here = time.monotonic() + self._chance.uniform(0, 4), 0

    def tell(self, now: Any) -> None:
        """Strikes if the moment has come; the progress callback of a training."""
        kinds = [kind for kind, count in self._left.items() if count]
        if self.over or self._here == MOST or time.monotonic() < self._next:
            return
        kind = self._chance.choice(kinds)
        if kind == "removals":
            self._nodes.replace_one()
        elif not kill_one(self._chance):
            return
        self._left[kind] -= 1
        self._here += 1
        self._next = time.monotonic() + self._chance.uniform(2, 10)
        print(f"{kind}: {self._left[kind]} left", flush=True)


def kill_one(chance: random.Random) -> bool:
    """Ends the process of a member, whether it has begun or not; whether there was one."""
    found = [process.pid for process in own_processes() if process.name.startswith(b"ray::train_here")]
    if found:
        os.kill(chance.choice(found), signal.SIGKILL)
    return bool(found)


def committees(data: Dataset, expected: dict[str, str], scratch: Path, given: Any) -> dict[str, Any]:
    """Trains committees until all has happened; ends the program where one ends otherwise."""
    left = {"kills": given.kills, "removals": given.removals}
    until = time.monotonic() + 60 * given.minutes
    runs, seconds = 0, []
    with Nodes(2, given.nice) as nodes:
        faults = Faults(nodes, random.Random(given.seed), left, until)
        while not faults.over:
            name = f"run-{runs}"
            faults.start()
            nodes.fill_up()
            began = time.monotonic()
            with connected(nodes.address) as cluster:
                run_members = members_on(cluster, shared=runs % 2 == 0)
                train(
                    data, COMMITTEE, report=False, output=scratch, name=name, checkpoint_every=0.0,
                    progress=faults.tell, run_members=run_members,
                )  # fmt: skip
            seconds.append(round(time.monotonic() - began, 1))
            if hashes(scratch / name) != expected:
                raise SystemExit(f"{name} ended with other networks")
            states = {member.status()["state"] for member in RunFolder(scratch / name).members()}
            if states != {"done"}:
                raise SystemExit(f"{name} has members that are {states}")
            runs += 1
            print(f"committee {runs} ended in {seconds[-1]} s with the same networks", flush=True)
    done = {kind: getattr(given, kind) - count for kind, count in left.items()}
    return {**done, "committees": runs, "other_networks": 0, "seconds_of_each": seconds}


def main() -> None:
    parser = record.parser(__doc__ or "")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--removals", type=int, default=5)
    parser.add_argument("--nice", type=int, default=0, help="of the processes that train")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as with installed packages
    with tempfile.TemporaryDirectory() as scratch:
        data = few_digits(Path(scratch))
        expected = serially(Path(scratch))
        found = committees(data, expected, Path(scratch), given)
    record.write("cluster_kills", {**found, "hashes": expected}, dry=given.dry)
    print(json.dumps(found))


__all__ = ["COMMITTEE", "load", "train"]

if __name__ == "__main__":
    main()
