"""Trainings of several workers: one at a time, and each ends as what became of it."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from inklens.teaching import CorrectionStore, TaughtTraining, TrainingProcesses, training_process

LONG_AGO = "2026-01-01T00:00:00+00:00"
NO_PROCESS = 2**22 + 1


@pytest.fixture
def store(tmp_path):
    return CorrectionStore(tmp_path / "corrections.sqlite3")


def keep(store, state, **said):
    made = TaughtTraining("one", state, LONG_AGO, {"seconds": 5}, pid=NO_PROCESS, **said)
    store.save_training(made.id, made.state, made.to_json())
    return made


class Process:
    """Stands in for one that does nothing."""

    pid = os.getpid()

    def __init__(self, *_, **__):
        pass


def test_of_workers_that_are_asked_at_once_one_starts_a_training(store, monkeypatch):
    monkeypatch.setattr(training_process.subprocess, "Popen", Process)
    store.add_class("star")  # so that the file is there

    def start(_):
        try:
            return TrainingProcesses(CorrectionStore(store.path)).start({"seconds": 5}).state
        except training_process.BusyError:
            return "busy"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(start, range(6))) == ["busy"] * 5 + ["starting"]


def test_a_training_that_died_does_not_keep_others_from_starting(store, monkeypatch):
    monkeypatch.setattr(training_process.subprocess, "Popen", Process)
    keep(store, "running")
    assert TrainingProcesses(store).start({"seconds": 5}).state == "starting"
    found = TrainingProcesses(store).get("one")
    assert (found.state, found.detail) == ("failed", "its process was ended")
    assert json.loads(store.trainings()[0][2])["state"] == "failed"


def test_a_process_that_cannot_be_started_is_a_training_that_failed(store, monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(training_process.subprocess, "Popen", refuse)
    store.add_class("star")
    failed = TrainingProcesses(store).start({"seconds": 5})
    assert (failed.state, failed.detail) == (
        "failed",
        "its process cannot be started: Resource temporarily unavailable",
    )


def test_a_training_that_was_stopped_before_it_could_say_so_is_stopped_and_not_failed(store):
    keep(store, "stopping")
    found = TrainingProcesses(store).latest()
    assert (found.state, found.detail) == ("stopped", "")


def test_what_came_of_a_training_is_not_lost_to_a_stop_that_comes_late(store, monkeypatch):
    processes = TrainingProcesses(store)
    keep(store, "running")
    monkeypatch.setattr(processes, "_is_alive", lambda _: True)
    answers = [processes.get("one")]
    keep(store, "done", result={"held_out": 3})
    monkeypatch.setattr(processes, "get", lambda _: answers.pop() if answers else processes.latest())
    stopped = processes.stop("one")
    assert (stopped.state, stopped.result) == ("done", {"held_out": 3})
    assert processes.latest().state == "done"
