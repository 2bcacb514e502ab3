import os
import subprocess
import sys
import threading

import numpy as np
import onnxruntime
import pytest
from onnx import helper

from hostile_onnx import hostile, largest_of
from inklens import Classifier
from inklens.classifier import onnx_session
from inklens.errors import ModelError
from tiny_onnx import save


def test_onnxruntime_reports_nothing_to_anybody_and_writes_nothing_into_the_home_folder(model_file, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    silenced = ("CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    kept = {name: value for name, value in os.environ.items() if name not in silenced}
    code = f"from inklens import Classifier; Classifier.open({str(model_file)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**kept, "HOME": str(home)}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr, list(home.iterdir())) == (0, b"", [])


def test_a_vast_picture_that_goes_through_a_thousand_cheap_steps_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_session, "MAX_SECONDS", 0.1)
    nodes = [helper.make_node("Mul", ["tall", "wide"], ["chain0"])]
    nodes += [helper.make_node("Exp", [f"chain{step}"], [f"chain{step + 1}"]) for step in range(1000)]
    arrays = {"tall": np.ones((5000, 1), np.float32), "wide": np.ones((1, 5000), np.float32)}
    path = save(hostile([*nodes, *largest_of("chain1000")], **arrays), tmp_path / "model.onnx")
    assert path.stat().st_size < 250_000
    with pytest.raises(ModelError, match=r"was stopped after 0\.1 s on 2 images; make it or its"):
        Classifier.open(path).predict_framed(np.zeros((2, 8, 8, 1), np.uint8))


class _Clock:
    """Stands in for the module `time`: a sleep ends when the test says so, at the very moment it should."""

    def __init__(self):
        self._now, self._ends = 0.0, threading.Semaphore(0)

    def monotonic(self):
        return self._now

    def sleep(self, seconds):
        assert self._ends.acquire(timeout=60)
        self._now += seconds

    def end_sleep(self):
        self._ends.release()


def test_only_what_is_late_is_stopped_and_the_watch_ends_with_the_last(monkeypatch):
    clock = _Clock()
    monkeypatch.setattr(onnx_session, "time", clock)
    deadlines = onnx_session._Deadlines()
    late, quick = onnxruntime.RunOptions(), onnxruntime.RunOptions()
    with deadlines.watch(quick):
        first = deadlines._thread
    clock.end_sleep()
    first.join()
    with deadlines.watch(late):
        second = deadlines._thread
        clock.end_sleep()
        second.join()
    assert (quick.terminate, late.terminate, deadlines._thread) == (False, True, None)
    assert first is not second


def test_a_watch_is_for_many_runs(model_file):
    classifier = Classifier.open(model_file)
    classifier.predict_framed(np.zeros((1, 8, 8, 1), np.uint8))
    deadlines = classifier._session._deadlines
    first = deadlines._thread
    classifier.predict_framed(np.zeros((300, 8, 8, 1), np.uint8))
    assert deadlines._thread is first
    assert not deadlines._ends
