"""A training as it goes on: a bar for the epoch that runs on a terminal, and a line for each that is over."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress as Bars,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from inklens.training.progress import EpochProgress, Progress


@contextmanager
def shown(console: Console) -> Iterator[Progress]:
    """Gives the callback that shows a training on this console."""
    tell_member = _member_teller(console)
    if not console.is_terminal:

        def tell(now: EpochProgress) -> None:
            tell_member(now)
            if now.finished:
                console.print(_long_line(now))

        yield tell
        return
    # No wider than 80 columns together, the figures included.
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=10),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[figures]}"),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}  # one bar, or one for each member of those that train side by side

        def show(now: EpochProgress) -> None:
            tell_member(now)
            one = _name(now)
            if one not in tasks:
                tasks[one] = bars.add_task("", total=None, figures="")
            if now.finished:
                line = _long_line(now)
                console.print(line if len(line) <= console.width else _short_line(now))
                bars.reset(tasks[one], total=now.steps, figures="")
            bars.update(
                tasks[one],
                description=_epoch(now),
                total=now.steps,
                completed=now.step,
                figures=_figures(now),
            )
            if one and now.finished and now.epoch == now.epochs:
                bars.remove_task(tasks.pop(one))
            bars.refresh()

        yield show


def _member_teller(console: Console) -> Progress:
    """Says once which network comes now, where there are several; of those in turns each line says it."""
    told: str | None = None

    def tell(now: EpochProgress) -> None:
        nonlocal told
        if now.member != told and not now.side_by_side:
            told = now.member
            console.print(told if told == "OOD detector" else f"member     {told}")

    return tell


def _name(now: EpochProgress) -> str:
    """The member's name, and whether this is its OOD detector, where others are trained at the same time."""
    if not now.side_by_side:
        return ""
    name, *more = (now.member or "").split(", ")
    return f"{name}'s OOD detector" if "OOD detector" in more else name


def _epoch(now: EpochProgress) -> str:
    epoch = f"epoch {now.epoch:>{len(str(now.epochs))}}/{now.epochs}"
    return f"{_name(now)}  {epoch}" if now.side_by_side else epoch


def _figures(now: EpochProgress) -> str:
    accuracy = f"acc {100 * now.accuracy:.2f}%"
    if now.side_by_side:
        return accuracy
    return f"{now.ms_per_step:.1f} ms/step  loss {now.loss:.3f}  {accuracy}"


def _long_line(now: EpochProgress) -> str:
    line = (
        f"{_epoch(now)}  {now.seconds:.1f} s  {now.ms_per_step:.1f} ms/step  loss {now.loss:.4f}  "
        f"accuracy {100 * now.accuracy:.2f}%"
    )
    if now.val_loss is None or now.val_accuracy is None:
        return line
    return f"{line}  val loss {now.val_loss:.4f}  val accuracy {100 * now.val_accuracy:.2f}%"


def _short_line(now: EpochProgress) -> str:
    """For 80 columns; after "val" come the validation images' loss and accuracy."""
    speed = "" if now.side_by_side else f"{now.ms_per_step:.0f} ms/step  "
    line = f"{_epoch(now)}  {now.seconds:.0f} s  {speed}loss {now.loss:.3f}  acc {100 * now.accuracy:.2f}%"
    if now.val_loss is None or now.val_accuracy is None:
        return line
    return f"{line}  val {now.val_loss:.3f}  {100 * now.val_accuracy:.2f}%"
