import subprocess
import sys

import pytest

from inklens.errors import OptionError
from inklens.training.committee import jobs
from inklens.training.committee.jobs import job_environment, resolve_jobs


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A root that tells of so many cores, two threads each, and of so many GPUs."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def make(cores, gpus=0):
        monkeypatch.setattr(jobs, "_usable_cores", lambda: set(range(2 * cores)))
        for core in range(2 * cores):
            folder = tmp_path / f"sys/devices/system/cpu/cpu{core}/topology"
            folder.mkdir(parents=True)
            (folder / "thread_siblings_list").write_text(f"{core % cores},{core % cores + cores}\n")
        (tmp_path / "dev").mkdir()
        for gpu in range(gpus):
            (tmp_path / f"dev/nvidia{gpu}").touch()
        (tmp_path / "dev/nvidiactl").touch()
        return tmp_path

    return make


@pytest.mark.parametrize(("cores", "expected"), [(1, 1), (2, 1), (7, 1), (8, 2), (64, 5)])
def test_auto_is_one_for_each_four_physical_cores_and_never_more_than_members(machine, cores, expected):
    assert resolve_jobs("auto", 5, machine(cores)) == expected


def test_auto_is_one_for_each_gpu_that_may_be_used(machine, monkeypatch):
    root = machine(64, gpus=3)
    assert resolve_jobs("auto", 5, root) == 3
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    assert resolve_jobs("auto", 5, root) == 1
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert resolve_jobs("auto", 20, root) == 16


def test_a_number_is_that_number_and_never_more_than_members():
    assert [resolve_jobs(number, 3) for number in (1, 2, 9)] == [1, 2, 3]


@pytest.mark.parametrize("given", [0, -1, True, 1.5, "2", "all", None])
def test_anything_else_is_refused(given):
    with pytest.raises(OptionError, match=r"jobs .* is out of range: expected a whole number, 1 or more"):
        resolve_jobs(given, 5)


def test_each_child_gets_its_share_of_the_cores_and_a_gpu_of_its_own(machine):
    root = machine(8, gpus=2)
    children = [job_environment("jax", slot, 3, root) for slot in range(3)]
    assert {child["OMP_NUM_THREADS"] for child in children} == {"5"}
    assert {child["KERAS_BACKEND"] for child in children} == {"jax"}
    assert [child["CUDA_VISIBLE_DEVICES"] for child in children] == ["0", "1", "0"]


@pytest.mark.backends
def test_pytorch_keeps_to_its_share():
    done = subprocess.run(
        [sys.executable, "-c", "import torch; print(torch.get_num_threads())"],
        env={**job_environment("torch", 0, 1), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "1"
