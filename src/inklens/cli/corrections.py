"""`inklens corrections`: what was corrected and taught on the page of `inklens serve`."""

import shlex
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
    _require_fitting(action, targets or [], all_of_them)
    store = CorrectionStore(given_path(store_file))
    if store_file != DEFAULT_STORE or store.path.exists() or action == "delete":
        store.require_content()
    if action == "list":
        _list(store)
    elif action == "export":
        _export(store, (targets or [])[0])
    else:
        _delete(store, targets)


def _require_fitting(action: str, given: list[str], everything: bool) -> None:
    """Refuses what an action does not take."""
    if everything and action != "delete":
        raise OptionError(f"--all with {action}; expected it with delete only")
    if action == "list" and given:
        raise OptionError(f"list with {given[0]!r}; expected nothing after it: inklens corrections list")
    if action == "export" and len(given) != 1:
        raise OptionError("expected one new folder: inklens corrections export FOLDER")
    if action == "delete" and everything == bool(given):
        raise OptionError("expected the ids of examples, or --all; `inklens corrections list` says the ids")


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


def _export(store: "CorrectionStore", folder: str) -> None:
    from inklens.teaching import export_corrections

    learnt, held_out = export_corrections(store, given_path(folder))
    output.print(f"exported   {learnt} images to learn from, {held_out} held out")
    output.print(f"learn      inklens train --data mnist --add {shlex.quote(folder)}")


def _delete(store: "CorrectionStore", ids: list[str] | None) -> None:
    """Deletes these examples, or all."""
    known = {each.id for each in store.examples()[1]}
    unknown = [id for id in dict.fromkeys(ids or []) if id not in known]
    count = store.delete_examples(ids or None)
    if count or not unknown:
        output.print(f"deleted    {count} example{'s' * (count != 1)}")
    if unknown:
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        rest = "; the others are deleted" if count else ""
        raise OptionError(
            f"no example has the id {', '.join(unknown[:3])}{more}; expected ids as "
            f"`inklens corrections list` says them{rest}"
        )
