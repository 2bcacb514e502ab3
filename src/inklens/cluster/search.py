"""A search for a better recipe than a preset, by Optuna, on validation images alone.

The study is a file of the search's folder: a search that was killed goes on with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inklens.cluster.search_results import compare_with_preset, write_results
from inklens.cluster.search_space import nearest, suggested
from inklens.cluster.trial_runs import RunTrials, TrialCurve, one_trial_after_another
from inklens.datasets import Dataset
from inklens.errors import InklensError, OptionError, RunError, StoppedError, require_packages
from inklens.paths import given_path
from inklens.recipes import Committee, Recipe, recipe_for
from inklens.recipes.recipe import check_without_teacher
from inklens.recipes.recipe_file import read_training
from inklens.run_folder import RunFolder, folder_name
from inklens.training.finalize import status_of
from inklens.training.parts import DataParts
from inklens.training.prepare import concrete_recipe
from inklens.training.progress import EpochProgress, Progress
from inklens.training.provenance import describe_data
from inklens.training.run_lock import locked

if TYPE_CHECKING:
    import optuna

STUDY = "study.db"
TRIALS = 20
_NAME = "search"
_CURVE = "curve"  # of a trial's attributes: what its training said


@dataclass(frozen=True)
class SearchOptions:
    """How long a search goes on.

    Args:
        trials: so many trainings, those that are ended early among them, 1 or more.
        seconds: after so many no training begins any more; None: no limit.
    """

    trials: int = TRIALS
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise OptionError(f"trials {self.trials} is out of range: expected 1 or more")
        if self.seconds is not None and self.seconds <= 0:
            raise OptionError(f"time {self.seconds} is out of range: expected seconds above 0")


def tune(
    data: Dataset,
    recipe: Recipe | Committee | str = "fast",
    options: SearchOptions | None = None,
    *,
    output: str | Path | None = None,
    name: str | None = None,
    run_trials: RunTrials = one_trial_after_another,
    progress: Progress | None = None,
    say: Callable[[str], object] = lambda line: None,
) -> RunFolder:
    """Searches learning rate, batch size, network, width, augmentation, dropout, label smoothing and weight
    decay around a preset, and compares the best with it over three seeds. No test image is looked at.

    Args:
        data: what to learn.
        recipe: where the search begins, or the name of a preset of one network.
        options: how long it goes on; None is 20 trials.
        output: the folder that holds searches; None is "searches".
        name: the search's folder in it; None is made from the data's and the preset's names and a number.
        run_trials: `inklens.cluster.trial_runs.trials_on(cluster)` for trainings side by side.
        progress: called with an `EpochProgress` while a network is trained.
        say: told in one line of each trial that has ended.

    Returns:
        The folder, with best.json (for `inklens train --recipe`), trials.csv, comparison.json, study.db and
        pictures/importance.png and history.png.

    Raises:
        MissingPackageError: Optuna is not installed.
        OptionError: a committee, a recipe that needs a teacher, or a value out of range.
        StoppedError: there was no time for more than the preset itself; `resume_search` goes on.
        InklensError: as `inklens.train` does.
    """
    require_packages(["optuna"], "a search", "tune")
    preset = recipe_for(recipe) if isinstance(recipe, str) else recipe
    if isinstance(preset, Committee):
        raise OptionError(
            "a committee is several networks, and a search is for one: give one network's preset"
        )
    check_without_teacher(preset, "those of a search")
    if preset.validation_data == "test":  # which a search must not look at
        preset = replace(preset, validation_data="split")
    preset = replace(concrete_recipe(preset, data), ood_detector="none", outliers=0.0)
    folder = RunFolder.create("searches" if output is None else output, name, _stem(data, preset))
    with locked(folder), status_of(folder), _resumable(folder):
        parts = DataParts.of(data, preset, test=False)
        folder.write_recipe({"recipe": preset.to_dict(), "options": {"test": False}, **describe_data(parts)})
        _Search(folder, data, preset, progress, say).run(options or SearchOptions(), run_trials)
    return folder


def resume_search(
    path: str | Path,
    options: SearchOptions | None = None,
    *,
    data: Dataset | None = None,
    run_trials: RunTrials = one_trial_after_another,
    progress: Progress | None = None,
    say: Callable[[str], object] = lambda line: None,
) -> RunFolder:
    """Goes on with a search that was stopped, or with more trials than before; see `tune`.

    Raises:
        RunError: no folder of a search.
        DataError: the data are not where they were, or have changed since.
    """
    from inklens.datasets import load

    require_packages(["optuna"], "a search", "tune")
    if not str(path).strip():
        raise RunError("the path of a search is empty; expected its folder, such as searches/mnist-fast-1")
    study = given_path(path) / STUDY
    if not study.is_file() or not study.stat().st_size:
        raise RunError(
            f"{path} holds no {STUDY} with trials; expected the folder of a search, such as "
            "searches/mnist-fast-1"
        )
    folder = RunFolder.open(path)
    saved = read_training(folder.recipe)
    if isinstance(saved.recipe, Committee) or saved.data is None:
        raise RunError(f"{folder.recipe} is not that of a search; begin it again with `inklens tune`")
    data = data or load(**saved.data)
    if data.fingerprint != saved.fingerprint:
        raise RunError(f"{data.source} has changed since the search began; begin another with `inklens tune`")
    with locked(folder), _resumable(folder):
        folder.set_status("running")
        with status_of(folder):
            search = _Search(folder, data, saved.recipe, progress, say)
            search.run(options or SearchOptions(), run_trials)
    return folder


def _stem(data: Dataset, recipe: Recipe) -> str:
    return f"{folder_name(data.name)}-{recipe.preset}"


class _resumable:  # noqa: N801 (a context)
    """Ctrl-C inside says how to go on."""

    def __init__(self, folder: RunFolder) -> None:
        self._command = f"`inklens tune --resume {folder.path}` goes on where it was"

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, KeyboardInterrupt):
            error.add_note(self._command)


class _Search:
    """A study in its folder, and the trials that run."""

    def __init__(
        self,
        folder: RunFolder,
        data: Dataset,
        preset: Recipe,
        progress: Progress | None,
        say: Callable[[str], object],
    ) -> None:
        self._folder, self._data, self._preset = folder, data, preset
        self._progress, self._say = progress, say
        self._study = _open_study(folder.path / STUDY, preset.seed)
        self._running: dict[str, optuna.trial.Trial] = {}
        self._pruned: set[str] = set()
        self._reported: set[tuple[str, int]] = set()

    def run(self, options: SearchOptions, run_trials: RunTrials) -> None:
        """Asks and tells until there are as many trials, and then compares and writes."""
        until = None if options.seconds is None else time.monotonic() + options.seconds
        if not self._study.get_trials(deepcopy=False):
            self._study.enqueue_trial(nearest(self._preset, self._data.kind))
        self._take_up_what_was_cut()

        def next_trial() -> tuple[str, Recipe] | None:
            over = until is not None and time.monotonic() >= until and self._ended() > 0
            if over or self._ended() + len(self._running) >= options.trials:
                return None
            trial = self._study.ask()
            recipe = suggested(trial, self._preset, self._data.kind)
            self._running[str(trial.number)] = trial
            return str(trial.number), recipe

        left = options.trials - self._ended()
        if left > 0:
            run_trials(self._data, left, next_trial, self._hear, self._end)
        if options.seconds is not None and self._ended() == 1 < options.trials:
            raise StoppedError(
                f"in {options.seconds:g} s no training but that of the preset itself began, so nothing was "
                f"searched; `inklens tune --resume {self._folder.path} --time 30m` goes on"
            )
        best = self._best()
        write_results(self._folder, self._study, self._preset, best)
        compare_with_preset(
            self._folder, self._data, self._preset, best, run_trials, self._progress, self._say
        )

    def _ended(self) -> int:
        from optuna.trial import TrialState

        states = (TrialState.COMPLETE, TrialState.PRUNED)
        return len(self._study.get_trials(deepcopy=False, states=states))

    def _take_up_what_was_cut(self) -> None:
        """Has the trials that a killed process was at tried again."""
        from optuna.trial import TrialState

        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self._study.enqueue_trial(trial.params, user_attrs={"again": trial.number})
            self._study.tell(trial.number, state=TrialState.FAIL)

    def _hear(self, name: str, now: EpochProgress) -> bool:
        if self._progress is not None:
            self._progress(replace(now, member=f"trial {name}" if name in self._running else name))
        if name not in self._running or not now.finished or name in self._pruned:
            return name in self._pruned
        trial = self._running[name]
        if (name, now.epoch) not in self._reported:  # one whose node died goes through its epochs again
            self._reported.add((name, now.epoch))
            trial.report(now.val_accuracy or 0.0, now.epoch)
        if now.epoch < now.epochs and trial.should_prune():
            self._pruned.add(name)
        return name in self._pruned

    def _end(self, name: str, curve: TrialCurve) -> None:
        from optuna.trial import TrialState

        trial = self._running.pop(name)
        trial.set_user_attr(_CURVE, [list(curve.accuracies), list(curve.losses), curve.seconds, curve.state])
        if curve.state == "done":
            self._study.tell(trial, curve.accuracies[-1])
            word = f"{100 * curve.accuracies[-1]:.2f}% of the validation images"
        else:
            self._study.tell(trial, state=TrialState.PRUNED)
            word = f"{curve.state} after {len(curve.accuracies)} epochs"
        self._say(f"trial {name}: {word}, {curve.seconds:.1f} s; {self._ended()} trials")
        write_results(self._folder, self._study, self._preset, None)

    def _best(self) -> Recipe:
        from optuna.trial import FixedTrial, TrialState

        done = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if not done:
            raise RunError(
                f"no trial in {self._folder.path} came to its end; go on with `inklens tune --resume "
                f"{self._folder.path} --trials NUMBER`"
            )
        fixed: Any = FixedTrial(self._study.best_trial.params)
        found = suggested(fixed, self._preset, self._data.kind)
        return replace(found, preset=f"{self._preset.preset}-tuned")


def _open_study(path: Path, seed: int) -> optuna.study.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(
            storage=f"sqlite:///{path.resolve()}",
            study_name=_NAME,
            direction="maximize",
            load_if_exists=True,
            # The places of trials that run are taken for bad ones, so that no two try the same.
            sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True, multivariate=True),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
        )
    except InklensError:
        raise
    except Exception as error:
        reason = str(error).partition("\n")[0]  # below it SQLAlchemy shows its statement
        raise RunError(f"{path} cannot be opened ({reason}); begin another search") from error
