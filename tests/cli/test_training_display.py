import io
import re
from dataclasses import replace

from rich.console import Console

from inklens.cli.training_display import shown
from inklens.training import EpochProgress

RUNNING = EpochProgress(12, 20, 300, 422, 1.5, 371.3, 0.25, 0.9)
ENDED = EpochProgress(12, 20, 422, 422, 160.5, 371.3, 0.2, 0.92, 0.15, 0.95, finished=True)
LINE = (
    "epoch 12/20  160.5 s  371.3 ms/step  loss 0.2000  accuracy 92.00 %  val loss 0.1500  "
    "val accuracy 95.00 %\n"
)


def _on_terminal(width, *records):
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    with shown(console) as progress:
        for record in records:
            progress(record)
            console.file.write("\n")
    return re.sub(r"\x1b\[[0-9?]*[A-Za-z]", "", out.getvalue()).replace("\r", "\n")


def test_a_line_per_epoch_where_there_is_no_terminal():
    out = io.StringIO()
    with shown(Console(file=out, width=200)) as progress:
        progress(RUNNING)
        progress(ENDED)
    assert out.getvalue() == LINE


def test_a_wide_terminal_keeps_the_whole_line_of_a_finished_epoch():
    assert LINE in _on_terminal(120, RUNNING, ENDED)


def test_everything_fits_80_columns():
    said = _on_terminal(80, RUNNING, ENDED)
    assert "epoch 12/20  160 s  371 ms/step  loss 0.200  acc 92.00 %  val 0.150  95.00 %\n" in said
    bar = next(line for line in said.splitlines() if "300/422" in line)
    assert bar.startswith("epoch 12/20 ")
    assert bar.rstrip().endswith("371.3 ms/step  loss 0.250  acc 90.00 %")
    assert "…" not in said


def test_each_member_of_a_committee_is_announced_once():
    out = io.StringIO()
    members = [replace(ENDED, member=name) for name in ("deep, 1 of 2", "deep, 1 of 2", "wide, 2 of 2")]
    with shown(Console(file=out, width=200)) as progress:
        for record in members:
            progress(record)
    said = out.getvalue().splitlines()
    assert [line for line in said if line.startswith("member")] == [
        "member     deep, 1 of 2",
        "member     wide, 2 of 2",
    ]
    assert len(said) == 5


def test_a_judge_is_announced_by_its_own_name():
    out = io.StringIO()
    records = [ENDED, replace(ENDED, member="ood_detector"), replace(ENDED, member="deep, 1 of 2, judge")]
    with shown(Console(file=out, width=200)) as progress:
        for record in records:
            progress(record)
    assert out.getvalue() == f"{LINE}judge\n{LINE}member     deep, 1 of 2, judge\n{LINE}"


def test_members_side_by_side_come_in_turns_and_each_line_names_its_own():
    beside = [replace(ENDED, member=f"{name}, 1 of 2", side_by_side=True) for name in ("deep-plain", "wide")]
    out = io.StringIO()
    with shown(Console(file=out, width=200)) as progress:
        for record in (*beside, *beside):
            progress(record)
    assert out.getvalue() == f"deep-plain  {LINE}wide  {LINE}" * 2


def test_a_judge_beside_other_members_is_named_after_its_own():
    out = io.StringIO()
    with shown(Console(file=out, width=200)) as progress:
        progress(replace(ENDED, member="deep, 1 of 2, judge", side_by_side=True))
    assert out.getvalue() == f"deep's judge  {LINE}"


def test_members_side_by_side_have_a_bar_each_and_fit_80_columns():
    name = "deep-unsmoothed"
    deep, wide = (replace(RUNNING, member=f"{one}, 1 of 2", side_by_side=True) for one in (name, "wide"))
    ended = replace(ENDED, member=deep.member, side_by_side=True)
    said = _on_terminal(80, deep, wide, ended)
    bars = [line for line in said.splitlines() if "300/422" in line]
    assert any(line.startswith(f"{name}  epoch 12/20 ") for line in bars)
    assert any(line.startswith("wide") for line in bars)
    assert f"{name}  epoch 12/20  160 s  loss 0.200  acc 92.00 %  val 0.150  95.00 %\n" in said
    assert "…" not in said
    assert "member" not in said
