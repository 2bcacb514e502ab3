"""What a search leaves: a table, a recipe, pictures, and the comparison of the best with the preset."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from inklens import reporting
from inklens.cluster.trial_runs import RunTrials, TrialCurve
from inklens.datasets import Dataset
from inklens.recipes import Recipe
from inklens.run_folder import RunFolder
from inklens.training.progress import EpochProgress, Progress

if TYPE_CHECKING:
    import optuna

TABLE, BEST, COMPARISON = "trials.csv", "best.json", "comparison.json"
HISTORY, IMPORTANCE = "pictures/history.png", "pictures/importance.png"
SEEDS = 3
_T_95 = 4.302653  # the quantile of Student's t for 95% and two degrees of freedom: of three differences


def write_results(folder: RunFolder, study: optuna.study.Study, preset: Recipe, best: Recipe | None) -> None:
    """The table of all trials that have ended; with the best recipe also that, and the pictures."""
    from optuna.trial import TrialState

    states = (TrialState.COMPLETE, TrialState.PRUNED)
    trials = study.get_trials(deepcopy=False, states=states)
    searched = sorted({name for trial in trials for name in trial.params})
    rows = []
    for trial in trials:
        accuracies, losses, seconds, state = trial.user_attrs["curve"]
        ends = [accuracies[-1] if accuracies else None, losses[-1] if losses else None]
        values = [trial.params.get(name) for name in searched]
        rows.append([trial.number, state, *ends, len(accuracies), seconds, *values])
    header = ["trial", "state", "val_accuracy", "val_loss", "epochs", "seconds", *searched]
    folder.write_csv(TABLE, header, rows)
    if best is None:
        return
    folder.write_json(BEST, best.to_dict())
    complete = [
        (trial.number, float(trial.value))
        for trial in trials
        if trial.state == TrialState.COMPLETE and trial.value is not None
    ]
    pruned = [
        (trial.number, trial.user_attrs["curve"][0][-1])
        for trial in trials
        if trial.state == TrialState.PRUNED and trial.user_attrs["curve"][0]
    ]
    with folder.atomic(HISTORY) as path:
        reporting.search_history_picture(complete, pruned, path)
    importances = _importances(study, len(complete))
    if importances:
        with folder.atomic(IMPORTANCE) as path:
            reporting.importance_picture(importances, len(complete), path)


def _importances(study: optuna.study.Study, complete: int) -> dict[str, float]:
    """The share of the accuracy's variance by each setting (fANOVA, Hutter and others 2014)."""
    from optuna.importance import get_param_importances

    if complete < 2 or len({trial.value for trial in study.trials if trial.value is not None}) < 2:
        return {}
    return dict(get_param_importances(study))


def compare_with_preset(
    folder: RunFolder,
    data: Dataset,
    preset: Recipe,
    best: Recipe,
    run_trials: RunTrials,
    progress: Progress | None,
    say: Callable[[str], object],
) -> None:
    """Trains both with three seeds that the search did not use, and writes comparison.json.

    Where the data hold out no validation part of their own, each seed holds out other images than the search
    chose by: the best was chosen for its luck with those, too.
    """
    recipes = {
        f"{which}, seed {seed}": replace(recipe, seed=seed, validation_seed=None)
        for seed in range(preset.seed + 1, preset.seed + 1 + SEEDS)
        for which, recipe in (("preset", preset), ("best", best))
    }
    known = folder.read_json(COMPARISON) if (folder.path / COMPARISON).is_file() else {}
    same = known.get("best_recipe") == _plain(best) and known.get("preset_recipe") == _plain(preset)
    accuracies: dict[str, float] = dict(known["accuracies"]) if same else {}
    waiting = [name for name in recipes if name not in accuracies]

    def next_trial() -> tuple[str, Recipe] | None:
        if not waiting:
            return None
        name = waiting.pop(0)
        return name, recipes[name]

    def hear(name: str, now: EpochProgress) -> bool:
        if progress is not None:
            progress(replace(now, member=name))
        return False

    def ended(name: str, curve: TrialCurve) -> None:
        accuracies[name] = curve.accuracies[-1] if curve.accuracies else 0.0
        say(f"{name}: {100 * accuracies[name]:.2f}% of the validation images")
        written = {
            "accuracies": accuracies, "preset_recipe": _plain(preset), "best_recipe": _plain(best),
            "own_validation_part": data.validation is not None,
        }  # fmt: skip
        folder.write_json(COMPARISON, {**written, **_figures(accuracies)})

    if waiting:
        run_trials(data, len(waiting), next_trial, hear, ended)


def _plain(recipe: Recipe) -> dict[str, Any]:
    """As JSON gives it back."""
    values = recipe.to_dict()
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _figures(accuracies: dict[str, float]) -> dict[str, Any]:
    """Means, standard deviations, and the paired difference with its 95% interval, once all are there."""
    by = {
        which: [value for name, value in sorted(accuracies.items()) if name.startswith(which)]
        for which in ("preset", "best")
    }
    if any(len(values) < SEEDS for values in by.values()):
        return {}
    differences = [best - preset for best, preset in zip(by["best"], by["preset"], strict=True)]
    half = _T_95 * stdev(differences) / math.sqrt(SEEDS)
    difference = mean(differences)
    return {
        **{which: {"mean": mean(values), "sd": stdev(values)} for which, values in by.items()},
        "difference": {"mean": difference, "interval_95": [difference - half, difference + half]},
    }
