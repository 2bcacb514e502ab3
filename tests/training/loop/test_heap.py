import platform
import subprocess
import sys

import pytest

CODE = """
import ctypes, resource
import numpy as np
from inklens.training.loop.heap import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        np.ones(2**18, np.float32)  # 1 MiB: from 4 on NumPy asks for huge pages, of which there are few
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

ctypes.CDLL(None).mallopt(-1, 128 * 1024)  # as TensorFlow does
trimmed = faults()
keep_freed_memory()
faults()
print(trimmed, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is of glibc")
def test_freed_memory_is_not_fetched_from_the_system_again():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    trimmed, kept = map(int, done.stdout.split())
    assert trimmed > 1000
    assert kept < trimmed / 10
