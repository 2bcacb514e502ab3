"""Where the commands print: results on standard output, complaints and notes on standard error."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from inklens.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

    from inklens.classifier import EvaluatedModel
    from inklens.datasets import Dataset


class Printer:
    """A Rich console that is imported when it first prints: `inklens predict` never needs it."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    @cached_property
    def console(self) -> "Console":
        from rich.console import Console

        return Console(stderr=self._stderr, highlight=False, soft_wrap=True)

    def print(self, text: str, *, markup: bool = False) -> None:
        self.console.print(text, markup=markup)


output = Printer()
errors = Printer(stderr=True)


def note(text: str) -> None:
    """What the user should know beside the result."""
    errors.print(printable(f"note: {text}"))


def notes_on(data: "Dataset", model: "EvaluatedModel", given: str | None, part: str = "test") -> None:
    """What is to be known of data that a network was not trained on: that they have changed since, what was
    left out of them, and whether their test part is but a fifth of them."""
    from inklens.datasets.sources import TAKEN_BY_NAME
    from inklens.datasets.trees import HELD_OUT

    if model.is_own(data):
        for one in data.notes:
            if given is not None and TAKEN_BY_NAME in one:
                note(one)
        return
    if given is None:
        note(f"{data.source} has changed since {model.name} was trained on it")
    for one in data.notes:
        if part == "test" or not one.startswith(HELD_OUT):
            note(f"{data.name}: {one}")


def print_table(rows: Sequence[Sequence[str]], sides: str) -> None:
    """Prints rows in aligned columns; `sides` says which, "<" left or ">" right, for each column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True))
        output.print("  ".join(cells).rstrip())


@contextmanager
def interrupts_told() -> Iterator[None]:
    """Ctrl-C inside, or SIGTERM, says in one line what is left behind, and goes on to end the command."""
    in_main = threading.current_thread() is threading.main_thread()
    ends = in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if ends:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt as interrupt:
        errors.print("; ".join(["interrupted", *getattr(interrupt, "__notes__", [])]))
        raise
    finally:
        if ends:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
