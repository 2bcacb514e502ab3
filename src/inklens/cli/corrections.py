"""`inklens corrections`: what was corrected and taught on the page of `inklens serve`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from typer import Argument, Option

from inklens.cli.console import output, print_table
from inklens.cli.light import LightCommand
from inklens.errors import OptionError
from inklens.paths import given_path

if TYPE_CHECKING:
    from inklens.teaching import CorrectionStore

__all__ = ["Command", "corrections"]


class Command(LightCommand):
    """Converts what `corrections` takes, without pydantic."""

    converters: ClassVar = {"store_file": Path}


_ACTIONS = ("list", "export", "delete")
DEFAULT_STORE = Path("runs/corrections.sqlite3")
StoreOption = Annotated[
    Path, Option("--corrections", metavar="FILE", help="Where corrections are kept, an SQLite file.")
]


def corrections(
    action: Annotated[str, Argument(help="One of list, export, delete.")] = "list",
    targets: Annotated[
        list[str] | None,
        Argument(metavar="[FOLDER | ID...]", help="export: a new folder; delete: the ids of examples."),
    ] = None,
    store_file: StoreOption = DEFAULT_STORE,
    all_of_them: Annotated[bool, Option("--all", help="Delete every example.")] = False,
) -> None:
    """List, export or delete corrected images; `inklens train --add FOLDER` learns from what was exported."""
    from inklens.teaching import CorrectionStore

    if action not in _ACTIONS:
        raise OptionError(f"{action!r} is no action; expected one of {', '.join(_ACTIONS)}")
    store, given = CorrectionStore(given_path(store_file)), targets or []
    if action == "list":
        _list(store)
    elif action == "export":
        _export(store, given)
    else:
        _delete(store, given, all_of_them)


def _list(store: "CorrectionStore") -> None:
    _, examples = store.examples()
    if not examples:
        output.print(f"{store.path} holds no corrections; make some on the page of `inklens serve`")
        return
    rows = [("id", "class", "answer", "model", "held out", "time")]
    rows += [
        (
            each.id,
            each.label,
            each.answer or each.status,
            each.model,
            "yes" if each.held_out else "",
            each.time,
        )
        for each in examples
    ]
    print_table(rows, "<<<<<<")


def _export(store: "CorrectionStore", given: list[str]) -> None:
    from inklens.teaching import export_corrections

    if len(given) != 1:
        raise OptionError("expected one new folder: inklens corrections export FOLDER")
    learnt, held_out = export_corrections(store, given_path(given[0]))
    output.print(f"exported   {learnt} images to learn from, {held_out} held out")
    output.print(f"learn      inklens train --data mnist --add {given[0]}")


def _delete(store: "CorrectionStore", given: list[str], everything: bool) -> None:
    if everything == bool(given):
        raise OptionError("expected the ids of examples, or --all; `inklens corrections list` says the ids")
    count = store.delete_examples(None if everything else given)
    output.print(f"deleted    {count} example{'s' * (count != 1)}")
    if not everything and count < len(set(given)):
        raise OptionError(f"{len(set(given)) - count} of the ids are of no example; the others are deleted")
