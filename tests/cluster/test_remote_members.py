"""Members of a committee on a real cluster of two nodes: processes that die, nodes that go, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from inklens.cluster import members_on
from inklens.cluster.member_share import share_of
from inklens.errors import OptionError, StoppedError
from inklens.networks.keras_file import load_network
from inklens.recipes import Committee, Recipe
from inklens.run_folder import RunFolder
from inklens.training import train

ONE = Recipe(network="conv5x5", epochs=3, batch_size=50, validation_split=150, validation_seed=0)
TWO = Committee("two", {name: replace(ONE, seed=seed) for seed, name in enumerate(("a", "b"))})
ENDLESS = Committee("endless", {name: replace(one, epochs=100_000) for name, one in TWO.members.items()})
BROKEN = replace(ONE, learning_rate=1e30, precision="float32", seed=1)

SERIALLY = """
import sys
from inklens.datasets import load
from inklens.recipes.committee_recipe import recipe_from_dict
from inklens.training import train
import json
recipe = recipe_from_dict(json.loads(sys.argv[2]))
train(load(sys.argv[1], kind="writing", framing="pad"), recipe, report=False, output=sys.argv[3], name="run")
"""


@pytest.fixture(scope="module")
def serial(few, tmp_path_factory):
    """The weights of both members trained one after another with one thread each, in a process of its own."""
    folder = tmp_path_factory.mktemp("serial")
    threads = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    subprocess.run(
        [sys.executable, "-c", SERIALLY, str(few.path), json.dumps(TWO.to_dict()), str(folder)],
        env={**os.environ, **dict.fromkeys(threads, "1")},
        check=True,
    )
    return _weights(folder / "run")


def _weights(run: Path) -> dict[str, list[bytes]]:
    return {
        name: [
            array.tobytes() for array in load_network(run / "members" / name / "model.keras").get_weights()
        ]
        for name in "ab"
    }


def _pid(run: Path, name: str) -> int:
    return RunFolder(run / "members" / name).status()["pid"]


def test_networks_have_the_same_bits_as_serial_ones_though_a_process_is_killed(
    cluster, few, serial, tmp_path, caplog
):
    killed, said, members = [], [], set()

    def kill_a(now):
        name = now.member.split(",")[0]
        members.add((now.member, now.side_by_side))
        if name == "a" and now.epoch >= 2 and not killed:
            killed.append(_pid(tmp_path / "run", "a"))
            os.kill(killed[0], signal.SIGKILL)

    run = train(
        few, TWO, report=False, output=tmp_path, name="run", checkpoint_every=0, progress=kill_a,
        run_members=members_on(cluster, say=said.append),
    )  # fmt: skip
    assert _weights(run.path) == serial
    assert members == {("a, 1 of 2", True), ("b, 2 of 2", True)}
    assert len({os.getpid(), killed[0], _pid(run.path, "a"), _pid(run.path, "b")}) == 4
    assert f"2 of 2 members at a time, each on 1 core; data are read by every node from {few.path}" in said
    assert "goes on from its last one" in said[1]
    # TensorFlow may have something to say, too: of how often it was traced by the tests before this one.
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("inklens")]
    assert ours == [
        "the process or the node that trained a died; it is trained again, from its last checkpoint"
    ]
    resumed = RunFolder(run.path / "members/a").read_json("environment.json")["resumed"]
    assert len(resumed) == 1
    assert resumed[0]["threads"]["TF_NUM_INTRAOP_THREADS"] == "1"


def test_a_node_is_removed_and_its_member_begins_again_where_nothing_is_shared(
    two_nodes, cluster, few, serial, tmp_path
):
    removed = []

    def remove_one(now):
        if now.epoch >= 2 and not removed:
            removed.append(two_nodes.list_all_nodes()[-1])
            two_nodes.remove_node(removed[0], allow_graceful=False)

    data = replace(few, path=None)  # goes through the object store
    said = []
    run = train(
        data, TWO, report=False, output=tmp_path, name="run", progress=remove_one,
        run_members=members_on(cluster, say=said.append, shared=False),
    )  # fmt: skip
    assert _weights(run.path) == serial
    assert "sent to the nodes once, 0.1 MB" in said[0]
    assert "begins again" in said[1]
    assert {folder.status()["state"] for folder in run.folder.members()} == {"done"}
    assert sorted(path.name for path in (run.path / "members").iterdir()) == ["a", "b"]


def test_a_member_that_cannot_be_trained_takes_no_other_with_it(cluster, few, tmp_path):
    broken = Committee("broken", {"a": BROKEN, "b": ONE})
    with pytest.raises(StoppedError, match=r"a cannot be trained: .*diverged.*`inklens train --resume"):
        train(
            few, broken, report=False, output=tmp_path, name="run", run_members=members_on(cluster)
        )  # fmt: skip
    states = {name: RunFolder(tmp_path / "run/members" / name).status()["state"] for name in "ab"}
    assert states == {"a": "failed", "b": "done"}


def test_ctrl_c_ends_all_and_leaves_what_can_be_gone_on_with(cluster, few, tmp_path):
    told = set()

    def interrupt(now):
        told.add(now.member)
        if len(told) == 2 and now.epoch >= 2:
            raise KeyboardInterrupt

    run_members = members_on(cluster, shared=False)
    options = {"report": False, "output": tmp_path, "name": "run"}
    with pytest.raises(KeyboardInterrupt) as caught:
        train(few, ENDLESS, progress=interrupt, run_members=run_members, **options)
    assert "--resume" in caught.value.__notes__[1]
    assert RunFolder(tmp_path / "run").status()["state"] == "interrupted"
    for name in "ab":
        member = RunFolder(tmp_path / "run/members" / name)
        assert member.status()["state"] == "interrupted"
        assert list(member.checkpoint.glob("epoch-*"))


def test_one_network_is_trained_in_one_place(cluster, few, tmp_path):
    with pytest.raises(OptionError, match="one network is trained in one place"):
        train(few, ONE, output=tmp_path, run_members=members_on(cluster))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("nodes", "trainings", "expected"),
    [
        ([(2, 0)], 5, (1, 0, 2)),
        ([(16, 0)], 5, (3, 0, 5)),
        ([(16, 0), (16, 0)], 5, (5, 0, 5)),
        ([(1, 0), (1, 0)], 1, (1, 0, 1)),
        ([(16, 2), (32, 0)], 5, (8, 1, 2)),
    ],
)
def test_the_share_of_each_training(nodes, trainings, expected):
    from inklens.cluster.connection import Node

    made = [Node(str(place), "here", cores, gpus) for place, (cores, gpus) in enumerate(nodes)]
    share = share_of(made, trainings)
    assert (share.cores, share.gpus, share.at_once) == expected
