"""A training as it goes on: a bar per epoch on a terminal, a line per epoch elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from inklens.training.progress import EpochProgress, Progress


@contextmanager
def shown(console: Console) -> Iterator[Progress]:
    """Gives the callback that shows a training on this console."""
    if not console.is_terminal:
        yield lambda now: console.print(_line(now)) if now.finished else None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[figures]}"),
    )
    with Bars(*columns, console=console) as bars:
        yield _Bars(bars)


class _Bars:
    """Keeps one bar for each epoch."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._epoch = 0
        self._task = TaskID(0)

    def __call__(self, now: EpochProgress) -> None:
        if now.epoch != self._epoch:
            self._epoch = now.epoch
            label = f"epoch {now.epoch:>{len(str(now.epochs))}}/{now.epochs}"
            self._task = self._bars.add_task(label, total=now.steps, figures="")
        self._bars.update(self._task, completed=now.step, figures=_figures(now))


def _line(now: EpochProgress) -> str:
    return f"epoch {now.epoch:>{len(str(now.epochs))}}/{now.epochs}  {now.seconds:.1f} s  {_figures(now)}"


def _figures(now: EpochProgress) -> str:
    trained = f"{now.ms_per_step:.1f} ms/step  loss {now.loss:.4f}  accuracy {100 * now.accuracy:.2f} %"
    if now.val_loss is None or now.val_accuracy is None:
        return trained
    return f"{trained}  val loss {now.val_loss:.4f}  val accuracy {100 * now.val_accuracy:.2f} %"
