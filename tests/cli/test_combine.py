import json
import shutil

import pytest

from command_line import refusal


def test_trained_runs_become_a_committee_in_a_run_of_its_own(inklens, shared_runs, tmp_path):
    one = shared_runs / "runs/one"
    again = shutil.copytree(one, tmp_path / "there/one")
    done = inklens("combine", one, again, "--output", "both")
    assert done.returncode == 0, done.stderr
    shown = [line.split()[0] for line in done.stdout.splitlines()]
    assert shown == ["trained", "accuracy", "answered", "model", "pictures", "report", "run"]
    assert done.stdout.endswith("run        both\n")
    members = json.loads((tmp_path / "both/metrics.json").read_text())["training"]["members"]
    assert [member["name"] for member in members] == ["one", "one-2"]
    assert (tmp_path / "both/model.onnx").is_file()


def _without_network(run):
    (run / "model.keras").unlink()


def _with_an_empty_network(run):
    (run / "model.keras").write_bytes(b"")


def _with_metrics_cut_short(run):
    (run / "metrics.json").write_text('{"test": ')


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_without_network, "broken has no model.keras; train it again, or give another run"),
        (_with_an_empty_network, "model.keras is no .keras file, or is damaged"),
        (_with_metrics_cut_short, "metrics.json holds no JSON"),
    ],
)
def test_a_member_that_is_not_whole_is_refused_before_anything_is_copied(
    inklens, shared_runs, tmp_path, damage, said
):
    one = shared_runs / "runs/one"
    damage(shutil.copytree(one, tmp_path / "broken"))
    assert said in refusal(inklens("combine", one, "broken", "--output", "both"))
    assert not (tmp_path / "both").exists()


def test_ctrl_c_is_one_line_and_exit_code_130(inklens, shared_runs, monkeypatch):
    def interrupted(*runs, **options):
        stopped = KeyboardInterrupt()
        stopped.add_note("what there is of the run is in runs/x")
        raise stopped

    monkeypatch.setattr("inklens.training.combine", interrupted)
    done = inklens("combine", shared_runs / "runs/one", shared_runs / "runs/two")
    assert done.returncode == 130
    assert done.stderr == "interrupted; what there is of the run is in runs/x\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("one",), "1 run is given; expected two or more: inklens combine RUN RUN"),
        (("nowhere", "one"), "nowhere is not a folder; expected the folder of a run"),
        (("one", "one"), "the same run is given twice, one and one; expected different ones"),
        (("one", "two/../one/"), "the same run is given twice"),
        (("one", "two"), "held out unlike validation images"),
        (("one", "two", "--data", "nowhere"), "there are no data called nowhere"),
        (("one", "two", "--name", "a", "--output", "b"), "--name a is short for --output runs/a: give one"),
        ((), "Missing argument 'RUN...'"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(inklens, shared_runs, tmp_path, arguments, said):
    for name in ("one", "two"):
        (tmp_path / name).symlink_to(shared_runs / "runs" / name)
    assert said in refusal(inklens("combine", *arguments))
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}
