"""A finished run as the teacher of a training: `--teacher RUN`; see `inklens.training.loop.distillation`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inklens.datasets import Dataset
from inklens.errors import OptionError, RunError
from inklens.evaluation.class_matching import listed
from inklens.paths import given_path
from inklens.recipes import Committee, Recipe, training_split
from inklens.recipes.recipe import check_without_teacher
from inklens.run import Run
from inklens.run_folder import RunFolder, complete
from inklens.training.parts import DataParts

if TYPE_CHECKING:
    from inklens.networks.ensemble import Ensemble


def check_teacher_given(recipe: Recipe | Committee, teacher: str | Path | None) -> None:
    """Raises OptionError where a recipe needs a teacher and has none, or has one and no use for it."""
    if isinstance(recipe, Committee):
        if teacher is not None:
            raise OptionError(
                "a committee has no teacher, its members learn from labels alone: give one network's preset, "
                "such as distilled, or leave the teacher out"
            )
        for member in recipe.members.values():
            check_without_teacher(member, "the members of a committee")
    elif recipe.distillation and teacher is None:
        raise OptionError(
            f"the recipe {recipe.preset!r} learns from a teacher, and none is given: give a finished run, "
            "such as --teacher runs/mnist-committee-1"
        )
    elif teacher is not None and not recipe.distillation:
        raise OptionError(
            f"a teacher is given, and the recipe {recipe.preset!r} learns from labels alone: give --preset "
            "distilled, or a recipe with distillation above 0, or leave the teacher out"
        )


@dataclass(frozen=True, eq=False)
class TeacherRun:
    """A finished run whose answers another one learns.

    Args:
        path: as it was given, absolute.
        run: the same, opened.
    """

    path: Path
    run: Run

    @classmethod
    def open(cls, path: str | Path) -> TeacherRun:
        """Opens it.

        Raises:
            RunError: no finished run.
        """
        return cls(given_path(path).absolute(), Run.open(path))

    @classmethod
    def again(cls, described: dict[str, Any], folder: RunFolder) -> TeacherRun:
        """The one that a run folder's recipe.json tells of, for a training that goes on or is repeated.

        Raises:
            RunError: it is not there, or its networks are others now.
        """
        with complete(folder.recipe):
            path, expected = str(described["path"]), str(described["sha256"])
        return cls.unchanged(path, expected, folder.path, "train it again")

    @classmethod
    def unchanged(cls, path: str | Path, sha256: str, taught: str | Path, otherwise: str) -> TeacherRun:
        """The one at a path, whose networks must be what they were.

        Args:
            sha256: of them as they were.
            taught: what it is the teacher of, for the message.
            otherwise: what to do where the former networks are gone, for the message.

        Raises:
            RunError: it is not there, or its networks are others now.
        """
        try:
            teacher = cls.open(path)
            now = teacher.sha256
        except RunError as error:
            raise RunError(f"the teacher of {taught}: {error}") from error
        if now != sha256:
            raise RunError(
                f"the teacher of {taught}, {teacher.path}, has other networks than when the training "
                f"began: put the former ones back, or {otherwise}"
            )
        return teacher

    @property
    def sha256(self) -> str:
        """SHA-256 of all that decides its answers: its networks and their `digit_normalisation`.

        Raises:
            RunError: a file is missing.
        """
        digest = hashlib.sha256()
        for files in self.run.folder.networks():
            digest.update(f"{files.digit_normalisation}\n".encode())
            digest.update(hashlib.sha256(files.network.read_bytes()).digest())
        return digest.hexdigest()

    @property
    def ensemble(self) -> Ensemble:
        """Its networks.

        Raises:
            RunError: a file is missing.
            ModelError: a file is damaged.
        """
        return self.run.ensemble

    def to_dict(self) -> dict[str, str]:
        """What recipe.json says of it."""
        return {"path": str(self.path), "sha256": self.sha256}

    def holding_out_the_same(self, recipe: Recipe, data: Dataset) -> Recipe:
        """The recipe with the teacher's validation seed, where it is of these data and no seed is given."""
        same = self.run.data["fingerprint"] == data.fingerprint
        if not same or recipe.validation_seed is not None:
            return recipe
        return replace(recipe, validation_seed=self.run.recipe.split_seed)

    def check(self, parts: DataParts) -> None:
        """Raises OptionError where it does not go with the data, or has learnt what these hold out."""
        data, own = parts.data, self.run
        if own.class_names != data.class_names:
            raise OptionError(
                f"the teacher {self.path} has the classes {listed(own.class_names)}; expected those of "
                f"{data.name}, {listed(data.class_names)}: give a run on data of the same classes"
            )
        for what, its, expected in (
            ("images of", _size(own.spec), _size(data.spec)),
            ("data of the kind", own.data["kind"], data.kind),
        ):
            if its != expected:
                raise OptionError(
                    f"the teacher {self.path} was trained on {what} {its}; expected {expected}, as "
                    f"{data.name}: give the --size, --channels and --kind that it was trained with, or "
                    "another teacher"
                )
        if own.data["fingerprint"] != data.fingerprint or parts.validation is parts.test:
            return
        recipe = own.recipe
        if training_split(data, recipe)[1].digest != parts.validation.digest:
            as_it_has = f"--validation-split {recipe.validation_split} --validation-seed {recipe.split_seed}"
            if recipe.validation_data == "test":
                as_it_has = "--validation-data test"
            raise OptionError(
                f"the teacher {self.path} learnt from images that are held out here for validation: give "
                f"{as_it_has}, as it has, or another teacher"
            )


def _size(spec: Any) -> str:
    return f"{spec.height}x{spec.width}x{spec.channels}"
