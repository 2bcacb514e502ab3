"""A check of data as files: check.json, findings.csv, and a sheet of the images that it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from inklens.audit.data_check import KINDS, DataCheck, examine
from inklens.audit.label_audit import out_of_fold
from inklens.audit.label_issues import LabelIssues, find_label_issues, require_cleanlab
from inklens.datasets import Dataset, stratified_folds
from inklens.errors import CheckError
from inklens.recipes import Recipe
from inklens.run_folder import RunFolder, folder_name
from inklens.training.examples import without_examples
from inklens.training.finalize import status_of
from inklens.training.prepare import concrete_recipe
from inklens.training.progress import Progress

TABLE = "findings.csv"
PICTURED = 48
FOLDS = 5


def check_data(
    data: Dataset,
    *,
    labels: bool = False,
    output: str | Path | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> tuple[RunFolder, DataCheck]:
    """Looks at every image of a data set before anything is learnt from it, and writes what stands out.

    Args:
        data: all of its parts are looked at.
        labels: also train networks that say which labels are probably wrong; see `audit_labels`.
        output: the folder that holds checks; None is "checks".
        name: the check's folder in it; None is made from the data's name and a number.
        progress: called with an `EpochProgress` while networks are trained.

    Returns:
        The folder, with check.json, findings.csv and, where there are findings, pictures/findings.png; and
        what was found.

    Raises:
        InklensError: the folder cannot be made, or a package is missing.

    Example:
        >>> folder, check = check_data(inklens.load("mnist"))
        >>> check.serious
        ()
    """
    if labels:
        require_cleanlab()
    folder = RunFolder.create("checks" if output is None else output, name, folder_name(data.name))
    with status_of(folder):
        check = examine(data, _label_issues(data, progress) if labels else None)
        _write(folder, data, check)
        _draw(folder, data, check)
    return folder, check


# A look takes less than a training: things have the network of writing here, too.
_QUICK: dict[str, Any] = {"network": "convnet-small", "optimizer": "adam", "label_smoothing": 0.0}


def refuse_serious(data: Dataset, folder: RunFolder, check: DataCheck) -> None:
    """Raises CheckError where a training should wait for what was found."""
    if not check.serious:
        return
    serious = {one.kind for one in check.serious}
    counted = ", ".join(f"{count} {kind}" for kind, count in check.counts.items() if kind in serious)
    raise CheckError(
        f"{data.name} has serious findings ({counted}), which {folder.path / TABLE} lists: mend the data, or "
        "train without --check"
    )


def _label_issues(data: Dataset, progress: Progress | None) -> LabelIssues:
    recipe = without_examples(concrete_recipe(Recipe.from_preset("fast", **_QUICK), data))
    fold_of = stratified_folds(data.train.labels, FOLDS, recipe.seed, data.class_names)
    probabilities = out_of_fold(data, recipe, fold_of, progress=progress)
    return find_label_issues(probabilities, data.train.labels, data.class_names)


def _write(folder: RunFolder, data: Dataset, check: DataCheck) -> None:
    header = ["kind", "serious", "part", "index", "name", "label", "other", "detail"]
    serious = check.serious_kinds
    rows = (
        [one.kind, int(one.kind in serious), one.part, one.index, one.name, one.label, one.other, one.detail]
        for one in check.findings
    )
    folder.write_csv(TABLE, header, rows)
    found: dict[str, Any] = {
        kind: {"count": check.counts[kind], "serious": kind in serious, "meaning": meaning}
        for kind, (_, meaning) in KINDS.items()
    }
    about = {"name": data.name, "path": data.path, "kind": data.kind, "fingerprint": data.fingerprint}
    folder.write_json(
        folder.check,
        {"images": check.images, "serious": len(check.serious), "found": found, "data": about},
    )


def _draw(folder: RunFolder, data: Dataset, check: DataCheck) -> None:
    """The first images that something is to be said of, each with what that is."""
    from inklens.reporting import sample_grid

    pictured = [one for one in check.findings if one.index is not None][:PICTURED]
    if not pictured:
        return
    images = np.concatenate([data.parts[one.part].batch(np.array([one.index])) for one in pictured])
    kinds = [kind for kind in KINDS if any(one.kind == kind for one in pictured)]
    which = np.array([kinds.index(one.kind) for one in pictured])
    with folder.atomic(folder.findings) as path:
        sample_grid(images, which, kinds, path, title=f"Findings in {data.name}")
