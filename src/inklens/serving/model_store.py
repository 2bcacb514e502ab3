"""The models that a worker holds, each opened anew when its file was replaced."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from inklens.atomic_file import atomic
from inklens.classifier import Classifier
from inklens.classifier.inner_outputs import InnerOutputs
from inklens.classifier.onnx_file import read
from inklens.errors import InklensError, ModelError, OptionError
from inklens.paths import given_path
from inklens.serving.problems import ProblemError

log = logging.getLogger("inklens.serving")


@dataclass(frozen=True, eq=False)
class ServedModel:
    """An opened model.

    Args:
        name: what requests call it.
        file: its model.onnx.
        content: its bytes when it was opened.
        classifier: the network in it.
        fingerprint: SHA-256 of the file, hexadecimal.
        stamp: changes when the file does: its time, size and number; None where it was not there.
    """

    name: str
    file: Path
    content: bytes = field(repr=False)
    classifier: Classifier = field(repr=False)
    fingerprint: str
    stamp: tuple[int, int, int] | None

    @cached_property
    def inner_outputs(self) -> InnerOutputs:
        """The same network with the outputs of its layers, even if the file is another by now."""
        return InnerOutputs.from_bytes(self.content, self.file)

    @property
    def figures(self) -> Mapping[str, Any]:
        """What its run measured, as metrics.json has it; nothing where there is no such file beside it."""
        try:
            text = (self.file.parent / "metrics.json").read_text(encoding="utf-8")
            figures = json.loads(text, parse_constant=lambda _: None)  # JSON has no NaN
        except (OSError, ValueError):
            return {}
        return figures if isinstance(figures, dict) else {}


class ModelStore:
    """Models by name. A request keeps the one it began with when another takes its place.

    Args:
        paths: name -> run folder or model.onnx, the first being the default.
        switch_file: says which run is the default in place of the first, if any; all workers share it.
        server: which server this is, as `ServerSettings.server` has it; what another one was told is over.

    Raises:
        ModelError: one cannot be opened.
    """

    def __init__(self, paths: Mapping[str, Path], switch_file: Path | None = None, server: str = "") -> None:
        self._given = {name: _file(path) for name, path in paths.items()}
        self._switch_file, self._server = switch_file, server
        self._paths = self._given
        self._models = {name: _open(name, file) for name, file in self._paths.items()}
        if self.switched_to is not None:
            self.reload()

    @property
    def switched_to(self) -> Path | None:
        """The run that is the default in place of the first model; None where it is that."""
        if self._switch_file is None:
            return None
        try:
            told = json.loads(self._switch_file.read_text(encoding="utf-8"))
            return Path(told["run"]) if told["server"] == self._server else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def switch(self, run: Path | None) -> None:
        """Says to all workers which run is the default from their next `reload` on; None for the first model.

        Raises:
            OptionError: this server takes no other.
            ModelError: the run has no model that can be used.
            RunError: it cannot be written.
        """
        if self._switch_file is None:
            raise OptionError("the server is read-only; start it without --read-only")
        if run is not None:
            _open(run.name, _file(run))
        with atomic(self._switch_file) as temporary:
            told = {"server": self._server, "run": None if run is None else str(run)}
            temporary.write_text(json.dumps(told), encoding="utf-8")

    def __iter__(self) -> Any:
        return iter(self._models.values())

    def get(self, name: str | None = None) -> ServedModel:
        """The model of that name, or the first.

        Raises:
            ProblemError: no such model; status 404.
        """
        if name is None:
            return next(iter(self._models.values()))
        if name not in self._models:
            raise ProblemError(404, f"no model {name[:100]!r}; expected one of {', '.join(self._models)}")
        return self._models[name]

    def reload(self) -> list[str]:
        """Opens the files that were replaced; one that cannot be used is left out, and the log says so.

        Returns:
            The names of the models that are new.
        """
        changed = []
        run = self.switched_to
        self._paths = self._given if run is None else {self._name_for(run): _file(run)} | self._given
        models = {}
        for name, file in self._paths.items():
            known = self._models.get(name)
            models[name] = known
            try:
                if known is None or known.file != file or _stamp(file) != known.stamp:
                    models[name] = _open(name, file)
                    changed.append(name)
            except InklensError as error:
                log.error("model %s stays as it was: %s", name, error)
        self._models = {name: model for name, model in models.items() if model is not None}
        return changed

    def _name_for(self, run: Path) -> str:
        """A run's name, unless a model that the server was started with has it."""
        name = run.name
        while name in self._given:
            name += "-taught"
        return name


def _file(path: Path) -> Path:
    path = given_path(path).absolute()
    return path / "model.onnx" if path.is_dir() else path


def _open(name: str, file: Path) -> ServedModel:
    """Opens a file that may be replaced meanwhile, and lets its network answer once, to warm up."""
    stamp = _stamp(file)
    content = read(file)
    # One thread: the workers share the cores already.
    classifier = Classifier.from_bytes(content, file, threads=1)
    try:
        classifier.predict_framed(np.zeros((1, *classifier.spec.shape), np.uint8))
    except InklensError as error:
        raise ModelError(f"{file} cannot be used: {error}") from error
    return ServedModel(name, file, content, classifier, hashlib.sha256(content).hexdigest(), stamp)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
