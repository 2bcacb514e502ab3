"""The run folder: its names, its JSON and CSV, all written whole or not at all."""

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np

from inklens.atomic_file import IN_A_RUN, PARTIAL, REMEDY, atomic, drop_links, keep_links, reason
from inklens.errors import RunError
from inklens.paths import given_path
from inklens.recipes.values import RECIPE_FORMAT

State = Literal["running", "done", "interrupted", "failed"]

# A class named after a folder whose name is no UTF-8 is written escaped; in JSON that is exact.
_NOT_UTF_8 = "backslashreplace"
_ANOTHER = "give another --name or --output"
_NOT_KEPT = ("checkpoint", "finished", "tensorboard")
# A list of numbers in a list, as `json.dumps` indents it: a number a line. No string holds a line end.
_ROW = re.compile(r"^( *)\[\n([-+.,\d\seE]+?)\n\1\]", re.MULTILINE)


@contextmanager
def complete(path: Path) -> Iterator[None]:
    """What `path` holds is used inside as if it were whole; what it lacks is said in one line.

    Raises:
        RunError: a field is not there, or is no number, list or object where it should be.

    Example:
        >>> with complete(run.recipe):
        ...     preset = run.read_recipe()["recipe"]["preset"]
    """
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{path} lacks what is expected in it ({error}): it was changed by hand or is of another "
            "version; train the run again"
        ) from error


def folder_name(name: str) -> str:
    """What data are called as a folder's name or its beginning: "scans.2023" stays, "a/b" becomes "a-b"."""
    return re.sub(r"[^\w.-]", "-", name).strip("-.") or "data"


class NetworkFiles(NamedTuple):
    """The .keras file of a network, the name of its test-time augmentation, its OOD detector's file, and the
    name of what its digits go through first."""

    network: Path
    tta: str = "none"
    ood_detector: Path | None = None
    digit_normalisation: str = "none"


class _Inside:
    """An attribute of a run folder: the path of a file or folder in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, run: "RunFolder", owner: type) -> Path:
        return run.path / self.name


@dataclass(frozen=True)
class RunFolder:
    """A folder that says everything about one training run. Make one with `create` or `open`.

    Every method that takes a name takes a name inside the folder ("pictures/samples.png") or one of
    the paths below (`run.metrics`).
    """

    path: Path

    recipe = _Inside("recipe.json")
    environment = _Inside("environment.json")
    history = _Inside("history.csv")
    metrics = _Inside("metrics.json")
    labels = _Inside("labels.txt")
    model = _Inside("model.keras")
    ood_detector = _Inside("ood_detector.keras")
    onnx = _Inside("model.onnx")
    validation = _Inside("validation.npz")
    predictions = _Inside("predictions.csv")
    per_class = _Inside("per_class.csv")
    pictures = _Inside("pictures")
    report = _Inside("report.html")
    checkpoint = _Inside("checkpoint")
    check = _Inside("check.json")
    findings = _Inside("pictures/findings.png")
    finished = _Inside("finished")  # the run as it was done, while it is trained further

    _remedy: ClassVar = IN_A_RUN  # where a file cannot be written

    @classmethod
    def create(cls, output: str | Path | None, name: str | None, default_stem: str) -> Self:
        """Makes the folder `output`/`name` and marks it as running.

        Args:
            output: The folder that holds the runs; "runs" when None.
            name: The run's own folder; when None `default_stem` and the number after the highest
                there is: "mnist-fast-1", "mnist-fast-2".

        Raises:
            RunError: `name` is no folder name, the folder holds files already, or cannot be made.
        """
        parent = given_path("runs" if output is None else output)
        if name is not None and (name in {"", ".", ".."} or set(name) & set("/\\\0")):
            raise RunError(f"the run name {name!r} is not a folder name; give one like 'mnist-fast-1'")
        if (parent / "status.json").exists():
            raise RunError(f"{parent} is itself a run; give the folder that holds the runs: {parent.parent}")
        try:
            parent.mkdir(parents=True, exist_ok=True)
            run = cls(_claim_number(parent, default_stem) if name is None else _claim(parent / name))
        except OSError as error:
            place = parent if name is None else parent / name
            raise RunError(f"a run cannot be made in {place}: {reason(error)}; {REMEDY}") from error
        try:
            run.set_status("running", new=True)
        except FileExistsError:  # another process has just begun a run there
            raise RunError(f"{run.path} holds a run already; {_ANOTHER}") from None
        return run

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Opens a run that is there.

        Raises:
            RunError: `path` is no run folder; the message names the runs nearby.
        """
        if not str(path).strip():
            raise RunError("the path of a run is empty; expected a run's folder, such as runs/mnist-fast-1")
        run = cls(given_path(path))
        if not (run.path / "status.json").is_file():
            problem = "holds no status.json" if run.path.is_dir() else "is not a folder"
            near = run.path if _runs_in(run.path) else run.path.parent
            names = [found.name for found in _runs_in(near)]
            hint = f"runs in {near}: {_some(names)}" if names else "`inklens train` makes one"
            raise RunError(f"{path} {problem}; expected the folder of a run ({hint})")
        return run

    @classmethod
    def open_done(cls, path: str | Path) -> Self:
        """Opens a run that is finished; of one that is trained further, what it was before.

        Raises:
            RunError: no run folder, or a run that was not finished.
        """
        run = cls.open(path)
        usable = run.usable()
        if usable is None:
            state = run.status().get("state")
            remedy = f"`inklens train --resume {path}` goes on with it"
            raise RunError(f"{path} is {state}, not done: it has no model to use; {remedy}")
        return usable

    def usable(self) -> Self | None:
        """The finished run in this folder: itself, or what it was before it was trained further."""
        if self.status().get("state") == "done":
            return self
        before = type(self)(self.finished)
        return before if (before.path / "status.json").is_file() else None

    def keep_finished(self) -> None:
        """Keeps a run that is done in its folder "finished", for use while it is trained further.

        Its files are linked, not copied, where the file system can: each is replaced as a whole, never
        changed. Its status.json comes last and says that the folder is whole. Checkpoints are not kept.

        Raises:
            RunError: they cannot be linked or copied.
        """
        self.drop_finished()
        try:
            keep_links(self.path, self.finished, "status.json", besides=_NOT_KEPT)
        except OSError as error:
            raise RunError(f"{self.finished} cannot be written: {reason(error)}; {IN_A_RUN}") from error

    def drop_finished(self) -> None:
        """Removes what `keep_finished` kept: the run is done anew. What was written there since stays."""
        with suppress(OSError):  # nothing looks there any more
            (self.finished / self.report.name).unlink(missing_ok=True)  # the run's own is written last
            drop_links(self.path, self.finished, "status.json")

    @classmethod
    def latest(cls, output: str | Path = "runs") -> Self:
        """The run in `output` that was started last, of those that are done.

        Raises:
            RunError: there is none.
        """
        runs = [cls(path).usable() for path in _runs_in(given_path(output))]
        done = [(str(run.status().get("started")), run) for run in runs if run is not None]
        if not done:
            raise RunError(f"{output} holds no finished run; `inklens train` makes one, or give --model")
        return max(done, key=lambda one: one[0])[1]

    def write_recipe(self, content: Mapping[str, Any]) -> None:
        """Writes recipe.json, with its format."""
        self.write_json(self.recipe, {"format": RECIPE_FORMAT, **content})

    def read_recipe(self) -> dict[str, Any]:
        """What recipe.json says.

        Raises:
            RunError: it is not there, holds no JSON object, or is of another format.
        """
        content = self.read_json(self.recipe)
        if content.get("format") != RECIPE_FORMAT:
            raise RunError(
                f"{self.recipe} is of format {content.get('format', 'none')}; expected {RECIPE_FORMAT}: "
                "train the run again, or use the version of Inklens that made it"
            )
        return content

    def members(self) -> list[Self]:
        """The run folders of a committee's members, in the order of its recipe; none of a single network.

        Raises:
            RunError: recipe.json is not there, or names what is no folder in the run.
        """
        with complete(self.recipe):
            names = list(self.read_recipe()["recipe"].get("members", []))
        for name in names:
            if not isinstance(name, str) or Path(name).name != name or name == "..":
                raise RunError(
                    f"{self.recipe} names a member {name!r}; expected the name of a folder in members"
                )
        return [type(self)(self.path / "members" / name) for name in names]

    def networks(self) -> list[NetworkFiles]:
        """What answers for the run: its network, or those of a committee's members.

        Raises:
            RunError: recipe.json is not there, or a file that it speaks of.
        """
        if members := self.members():
            return [network for member in members for network in member.networks()]
        with complete(self.recipe):
            recipe = self.read_recipe()["recipe"]
            tta, has_detector = recipe["tta"], recipe["ood_detector"] != "none"
            normalisation = recipe.get("digit_normalisation", "none")  # older runs have none
        ood_detector = self.ood_detector if has_detector else None
        for file in (self.model, ood_detector):
            if file is not None and not file.is_file():
                raise RunError(f"{self.path} has no {file.name}; train it again, or give another run")
        return [NetworkFiles(self.model, tta, ood_detector, normalisation)]

    def set_status(self, state: State, *, new: bool = False, **detail: Any) -> None:
        """Writes status.json. `detail` replaces the former one; the time of the start stays; see `atomic`."""
        now = datetime.now(UTC).isoformat()
        known = not new and (self.path / "status.json").exists()
        started = self.status().get("started", now) if known else now
        entry = {"state": state, "started": started, "updated": now, "pid": os.getpid(), "detail": detail}
        self.write_json("status.json", entry, new=new)

    def status(self) -> dict[str, Any]:
        """What status.json says: state, started, updated (ISO 8601, UTC), pid, detail."""
        return self.read_json("status.json")

    def atomic(self, name: str | Path, *, new: bool = False) -> AbstractContextManager[Path]:
        """See `atomic`: the temporary path has the suffix of `name`, as Keras and Matplotlib want."""
        self.check_there()
        return atomic(self._inside(name), new=new, remedy=self._remedy)

    def check_there(self) -> None:
        """Raises RunError where the folder has been removed: a file made anew in it would be no run."""
        if not self.path.exists():
            raise RunError(f"{self.path} is gone: it was moved or removed while it was written; put it back")

    def write_bytes(self, name: str | Path, content: bytes, *, new: bool = False) -> None:
        with self.atomic(name, new=new) as temporary:
            temporary.write_bytes(content)

    def write_text(self, name: str | Path, content: str, *, new: bool = False) -> None:
        """Writes UTF-8 with the line ends that `content` has, the same on every machine."""
        self.write_bytes(name, content.encode(errors=_NOT_UTF_8), new=new)

    def write_json(self, name: str | Path, content: Mapping[str, Any], *, new: bool = False) -> None:
        """Writes a JSON object; NumPy numbers and arrays and paths may be in it. A matrix has a row a line.

        Raises:
            RunError: a number is NaN or infinite, which JSON does not have.
        """
        try:
            text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
        except ValueError as error:
            raise RunError(
                f"{self._inside(name)} cannot be written: {error}; every figure must be finite"
                " (a loss that is not comes from training that diverged: lower the learning rate)"
            ) from error
        rows_on_lines = _ROW.sub(lambda row: f"{row[1]}[{' '.join(row[2].split())}]", text)
        self.write_text(name, rows_on_lines + "\n", new=new)

    def read_json(self, name: str | Path) -> dict[str, Any]:
        """Reads a JSON object.

        Raises:
            RunError: the file is not there or holds no JSON object.
        """
        path = self._inside(name)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(
                f"{path} cannot be read: {reason(error)}; expected in every finished run: train it again"
            ) from error
        except ValueError as error:
            raise RunError(f"{path} holds no JSON: {error}; it was changed by hand or cut short") from error
        if not isinstance(content, dict):
            raise RunError(f"{path} holds a JSON {type(content).__name__}; expected an object")
        return content

    def write_csv(self, name: str | Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Writes UTF-8 CSV with a header, row by row as `rows` yields them; None is an empty cell."""
        with (
            self.atomic(name) as temporary,
            temporary.open("w", encoding="utf-8", errors=_NOT_UTF_8, newline="") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)

    def _inside(self, name: str | Path) -> Path:
        return name if isinstance(name, Path) else self.path / name


class FiguresFolder(RunFolder):
    """A folder for figures that belong to no run, such as a comparison's. The first file makes it."""

    _remedy = REMEDY

    def check_there(self) -> None:
        """Nothing is lost where it is not there."""


def _claim(folder: Path) -> Path:
    try:
        folder.mkdir()
    except FileExistsError:
        if not folder.is_dir():
            raise
        if any(not path.name.startswith(PARTIAL) for path in folder.iterdir()):
            holds = "a run" if (folder / "status.json").exists() else "files"
            raise RunError(f"{folder} holds {holds} already; {_ANOTHER}") from None
    return folder


def _claim_number(parent: Path, stem: str) -> Path:
    """Making the folder is what claims its number, so that two runs started at once get two."""
    pattern = re.compile(re.escape(stem) + r"-(\d+)")
    taken = [int(match[1]) for path in parent.iterdir() if (match := pattern.fullmatch(path.name))]
    number = max(taken, default=0)
    while True:
        number += 1
        with suppress(FileExistsError):
            (folder := parent / f"{stem}-{number}").mkdir()
            return folder


def _runs_in(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/status.json"))


def _some(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[-most:]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"JSON cannot hold a {type(value).__name__}")
