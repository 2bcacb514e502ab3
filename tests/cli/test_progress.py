import io

from rich.console import Console

from inklens.cli.progress import shown
from inklens.training import EpochProgress

RUNNING = EpochProgress(2, 10, 30, 60, 1.5, 50.0, 0.25, 0.9)
ENDED = EpochProgress(2, 10, 60, 60, 3.5, 50.0, 0.2, 0.92, 0.15, 0.95, finished=True)


def test_a_line_per_epoch_where_there_is_no_terminal():
    out = io.StringIO()
    with shown(Console(file=out, width=200)) as progress:
        progress(RUNNING)
        progress(ENDED)
    assert out.getvalue() == (
        "epoch  2/10  3.5 s  50.0 ms/step  loss 0.2000  accuracy 92.00 %  "
        "val loss 0.1500  val accuracy 95.00 %\n"
    )


def test_a_bar_with_time_left_on_a_terminal():
    out = io.StringIO()
    with shown(Console(file=out, width=200, force_terminal=True, color_system=None)) as progress:
        progress(RUNNING)
        progress(ENDED)
    assert "epoch  2/10" in out.getvalue()
    assert "60/60" in out.getvalue()
    assert "50.0 ms/step" in out.getvalue()
    assert "val accuracy 95.00 %" in out.getvalue()
