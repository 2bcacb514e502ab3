"""An audit of labels: a network that did not learn an image says which class it is of."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.audit.label_issues import LabelIssues, find_label_issues, require_cleanlab
from inklens.datasets import Dataset, stratified_folds
from inklens.networks.backends import resolve_precision, select_backend, versions
from inklens.recipes import Recipe
from inklens.recipes.recipe import check_without_teacher
from inklens.run_folder import RunFolder, folder_name
from inklens.training.examples import without_examples
from inklens.training.finalize import status_of
from inklens.training.prepare import build_network, concrete_recipe
from inklens.training.progress import Progress

SUMMARY, TABLE, PICTURE = "audit.json", "label_issues.csv", "pictures/label_issues.png"
PICTURED = 48

# Called before each fold is trained: which one, from 1, and how many there are.
OnFold = Callable[[int, int], None]


def audit_labels(
    data: Dataset,
    recipe: Recipe | None = None,
    *,
    folds: int = 5,
    output: str | Path | None = None,
    name: str | None = None,
    progress: Progress | None = None,
    on_fold: OnFold | None = None,
) -> tuple[RunFolder, LabelIssues]:
    """Finds training images that are probably labelled wrongly, and writes them into a folder of its own.

    The training images are divided into folds. For each fold a network is trained on the others.

    Args:
        data: its training part is audited.
        recipe: how each network is trained; its seed also decides the folds. None is the preset "fast".
        folds: how many networks; 2 or more, at most as many as the smallest class has images.
        output: the folder that holds audits; None is "audits".
        name: the audit's folder in it; None is made from the data's name and a number.
        progress: called with an `EpochProgress` while training.
        on_fold: called before each fold.

    Returns:
        The folder, with audit.json, label_issues.csv and pictures/label_issues.png, and what is in the CSV.

    Raises:
        InklensError: something that was given cannot be used; nothing is left but a folder that says so.
        KeyboardInterrupt: passed on, the folder's status says "interrupted".

    Example:
        >>> folder, issues = audit_labels(inklens.load("mnist"))
        >>> issues.indices[:3]
    """
    recipe = without_examples(concrete_recipe(recipe or Recipe.from_preset("fast"), data))
    check_without_teacher(recipe, "those of an audit")
    require_cleanlab()
    fold_of = stratified_folds(data.train.labels, folds, recipe.seed, data.class_names)
    select_backend(recipe.backend)
    folder = RunFolder.create("audits" if output is None else output, name, folder_name(data.name))
    with status_of(folder):
        probabilities = out_of_fold(data, recipe, fold_of, progress=progress, on_fold=on_fold)
        issues = find_label_issues(probabilities, data.train.labels, data.class_names)
        _write(folder, data, recipe, folds, issues)
        _draw(folder, data, issues)
    return folder, issues


def out_of_fold(
    data: Dataset,
    recipe: Recipe,
    fold_of: NDArray[np.int64],
    *,
    progress: Progress | None = None,
    on_fold: OnFold | None = None,
) -> NDArray[np.float64]:
    """For each training image, the probabilities from a network that was trained without the image's fold.

    The fold that is left out serves as validation part while training; nothing is chosen by it.

    Args:
        recipe: concrete; see `inklens.training.prepare.concrete_recipe`.
        fold_of: int64 (N,), the fold of each training image, from 0.

    Returns:
        float64 (N, classes), each row adding up to 1.
    """
    from inklens.networks.augmentation import augmentation_layer
    from inklens.networks.ensemble import Ensemble
    from inklens.training.loop.fit import fit

    policy = resolve_precision(recipe.precision, select_backend(recipe.backend))
    probabilities = np.empty((len(data.train), data.classes))
    folds = int(fold_of.max()) + 1
    for fold in range(folds):
        if on_fold:
            on_fold(fold + 1, folds)
        left_out = np.flatnonzero(fold_of == fold)
        held_out = data.train.take(left_out)
        others = data.train.take(np.flatnonzero(fold_of != fold))
        trained = build_network(data, recipe, policy, learnt=others)
        fit(
            trained,
            recipe,
            others,
            held_out,
            augment=augmentation_layer(recipe.augmentation, recipe.seed),
            progress=progress,
        )
        network = build_network(data, recipe)
        network.set_weights(trained.get_weights())
        ensemble = Ensemble.of(network, recipe.tta, None, recipe.digit_normalisation)
        probabilities[left_out] = ensemble.predict_split(held_out).probabilities()
    return probabilities


def _write(folder: RunFolder, data: Dataset, recipe: Recipe, folds: int, issues: LabelIssues) -> None:
    found = [file for index in issues.indices.tolist() if (file := data.train.file(index)) is not None]
    files = found if data.train.files is not None else None
    folder.write_csv(TABLE, *issues.table(data.class_names, files))
    about = {"name": data.name, "path": data.path, "fingerprint": data.fingerprint}
    folder.write_json(
        SUMMARY,
        {
            "images": issues.images,
            "label_issues": len(issues),
            "estimated_wrong": issues.estimated,
            "folds": folds,
            "data": {**about, "class_names": list(data.class_names)},
            "recipe": recipe.to_dict(),
            "versions": versions(),
        },
    )


def _draw(folder: RunFolder, data: Dataset, issues: LabelIssues) -> None:
    if not len(issues):
        return
    from inklens.reporting import label_issues_picture

    first = slice(0, PICTURED)
    indices = issues.indices[first]
    listed = f"{len(indices)} of the {len(issues):,} listed"
    subtitle = f"{listed}, out of {issues.images:,} training images of {data.name}"
    with folder.atomic(PICTURE) as path:
        label_issues_picture(
            data.train.batch(indices),
            indices,
            issues.given[first],
            issues.suggested[first],
            issues.confidence[first],
            data.class_names,
            path,
            subtitle=subtitle,
        )
