"""The commands with --cluster, as a user types them."""

import numpy as np
import pytest
from PIL import Image

from command_line import refusal
from inklens.cluster import connected
from inklens.errors import OptionError


def test_predict_says_what_came_of_all_and_then_that_nothing_is_missing(
    two_nodes, inklens_process, shared_runs, tmp_path
):
    model = shared_runs / "runs/one"
    for number in range(3):
        path = tmp_path / f"scans/{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((28, 28), 80 * number, np.uint8)).save(path)
    (tmp_path / "scans/bad.png").write_bytes(b"no image")
    command = ("predict", "scans", "--model", model, "--cluster", two_nodes.address, "--output", "answers")
    done = inklens_process(*command)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.splitlines()
    assert shown[0] == "cluster    2 nodes, 2 cores"
    assert shown[1:] == [
        "part       1 of 1; 4 images",
        "images     3 empty, 1 error",
        "results    answers",
    ]
    # Ray's C++ adds a line of its own about its actors (ray-project/ray#53727), where nothing is wrong.
    said = [line for line in done.stderr.splitlines() if "core_worker.cc" not in line]
    assert len(said) == 1, said
    assert said[0].startswith("note: 1 of 4 files could not be read: scans/bad.png")
    again = inklens_process(*command)
    assert again.stdout.splitlines()[-1] == "results    answers, all 1 parts were there already"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("predict", "x", "--cluster", "local"), "--output is missing beside --cluster"),
        (("predict", "x", "--cluster", "local", "--strict", "--output", "y"), "--strict does not go with"),
        (("tune", "sample", "--preset", "committee"), "a committee is several networks"),
        (("tune", "--resume", "nothing"), "nothing holds no study.db with trials"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(inklens, arguments, said):
    assert said in refusal(inklens(*arguments))


@pytest.mark.parametrize(
    ("paths", "output", "said"),
    [
        (["a.png"], "text", "--output text cannot be written: "),
        (["a.png"], "text/below", "text is no folder; give another place with --output"),
        (["a.png"], "answers.csv", "with --cluster a folder is expected"),
        (["gone.png"], "answers", "gone.png is not there; expected images, folders or shards"),
        (["x" * 300], "answers", "is not there"),
        (["-"], "answers", "no image was given; expected at least one path"),
    ],
)
def test_predict_refuses_what_cannot_be_used_before_a_cluster_starts(
    inklens, shared_runs, tmp_path, monkeypatch, paths, output, said
):
    monkeypatch.setattr("inklens.cluster.connection.connected", None)
    for name in ("a.png", "text"):
        (tmp_path / name).write_bytes(b"no image")
    words = ("predict", *paths, "--model", shared_runs / "runs/one", "--cluster", "local", "--output", output)
    assert said in refusal(inklens(*words))
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "text"}


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("ray://there:10001", "expected local, auto or HOST:PORT"),
        ("127.0.0.1:1", r"cannot be reached \(.*refused"),
        ("my-cluster", r"cannot be reached \(expected HOST:PORT\)"),
        ("host:port", r"cannot be reached \(expected HOST:PORT\)"),
    ],
)
def test_a_cluster_that_is_not_there_is_said_in_one_line(where, said):
    with pytest.raises(OptionError, match=said) as caught, connected(where):
        pass
    assert "\n" not in str(caught.value)
