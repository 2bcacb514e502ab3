import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from inklens.cli.training_display import shown
from inklens.training import EpochProgress

RUNNING = EpochProgress(12, 20, 300, 422, 1.5, 371.3, 0.25, 0.9)
ENDED = EpochProgress(12, 20, 422, 422, 160.5, 371.3, 0.2, 0.92, 0.15, 0.95, finished=True)
LINE = (
    "epoch 12/20  160.5 s  371.3 ms/step  loss 0.2000  accuracy 92.00%  val loss 0.1500  "
    "val accuracy 95.00%\n"
)


def _on_terminal(width, *records):
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    with shown(console) as progress:
        for record in records:
            progress(record)
            console.file.write("\n")
    return re.sub(r"\x1b\[[0-9?]*[A-Za-z]", "", out.getvalue()).replace("\r", "\n")


def test_a_wide_terminal_keeps_the_whole_line_of_a_finished_epoch():
    assert LINE in _on_terminal(120, RUNNING, ENDED)


def test_everything_fits_80_columns():
    said = _on_terminal(80, RUNNING, ENDED)
    assert "epoch 12/20  160 s  371 ms/step  loss 0.200  acc 92.00%  val 0.150  95.00%\n" in said
    bar = next(line for line in said.splitlines() if "300/422" in line)
    assert bar.startswith("epoch 12/20 ")
    assert bar.rstrip().endswith("371.3 ms/step  loss 0.250  acc 90.00%")
    assert "…" not in said


def _of(member, side_by_side=False):
    return replace(ENDED, member=member, side_by_side=side_by_side)


@pytest.mark.parametrize(
    ("records", "lines"),
    [
        ([RUNNING, ENDED], LINE),
        (  # each member is announced once
            [_of("deep, 1 of 2"), _of("deep, 1 of 2"), _of("wide, 2 of 2")],
            f"member     deep, 1 of 2\n{LINE}{LINE}member     wide, 2 of 2\n{LINE}",
        ),
        (
            [ENDED, _of("OOD detector"), _of("deep, 1 of 2, OOD detector")],
            f"{LINE}OOD detector\n{LINE}member     deep, 1 of 2, OOD detector\n{LINE}",
        ),
        (  # those side by side come in turns
            [_of("deep-plain, 1 of 2", True), _of("wide, 2 of 2", True)] * 2,
            f"deep-plain  {LINE}wide  {LINE}" * 2,
        ),
        ([_of("deep, 1 of 2, OOD detector", True)], f"deep's OOD detector  {LINE}"),
    ],
    ids=["one network", "members", "detectors", "side by side", "detector beside others"],
)
def test_a_line_per_epoch_says_whose_it_is_where_there_is_no_terminal(records, lines):
    out = io.StringIO()
    with shown(Console(file=out, width=200)) as progress:
        for record in records:
            progress(record)
    assert out.getvalue() == lines


def test_members_side_by_side_have_a_bar_each_and_fit_80_columns():
    name = "deep-unsmoothed"
    deep, wide = (replace(RUNNING, member=f"{one}, 1 of 2", side_by_side=True) for one in (name, "wide"))
    ended = replace(ENDED, member=deep.member, side_by_side=True)
    said = _on_terminal(80, deep, wide, ended)
    bars = [line for line in said.splitlines() if "300/422" in line]
    assert any(line.startswith(f"{name}  epoch 12/20 ") for line in bars)
    assert any(line.startswith("wide") for line in bars)
    assert f"{name}  epoch 12/20  160 s  loss 0.200  acc 92.00%  val 0.150  95.00%\n" in said
    assert "…" not in said
    assert "member" not in said
