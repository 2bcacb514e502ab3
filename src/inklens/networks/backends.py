"""Which backend and which precision: chosen before Keras is imported, because afterwards is too late."""

import importlib.util
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path

from inklens.choices import check_choice
from inklens.datasets.places import cache_dir
from inklens.errors import DownloadError, MissingPackageError, OptionError
from inklens.networks.table import BACKENDS


def select_backend(backend: str = "auto") -> str:
    """Makes Keras run on a backend in this process, and imports Keras.

    What "auto" is, `choose_backend` says.

    Returns:
        "tensorflow", "jax" or "torch".

    Raises:
        OptionError: an unknown name, or Keras runs on another backend in this process already.
        MissingPackageError: Keras or the backend is not installed.
    """
    check_choice("backend", backend, BACKENDS)
    running = sys.modules["keras"].config.backend() if "keras" in sys.modules else None
    if backend == "auto":
        backend, _ = choose_backend()
    if running is not None and running != backend:
        raise OptionError(
            f"backend {backend!r} asked for, but this process runs Keras on {running!r} already and cannot "
            f"change; start a new process, with KERAS_BACKEND={backend} in its environment"
        )
    for package, extra in (("keras", "train"), (backend, backend)):
        if importlib.util.find_spec(package) is None:
            raise MissingPackageError(
                f"training on {backend} needs the package {package}, which is not installed: "
                f"pip install 'inklens[{extra}]'"
            )
    os.environ["KERAS_BACKEND"] = backend
    if backend == "jax" and accelerator_for_jax():
        _keep_compiled_programs()
    if running is None:
        _import_keras(backend)
    return backend


def choose_backend(backend: str = "auto") -> tuple[str, str]:
    """Which backend a name stands for in this process, and why; nothing is imported for it.

    "auto" is the backend that Keras runs on already, else what KERAS_BACKEND names, else JAX where it can use
    an accelerator, else the first that is installed of TensorFlow (the fastest of the three on a CPU), JAX
    and PyTorch.

    Raises:
        OptionError: KERAS_BACKEND names none of the three.
    """
    if backend != "auto":
        return backend, "as asked for"
    if "keras" in sys.modules:
        return str(sys.modules["keras"].config.backend()), "this process runs Keras on it already"
    if named := os.environ.get("KERAS_BACKEND"):
        check_choice("backend in KERAS_BACKEND", named, BACKENDS[1:])
        return named, "KERAS_BACKEND names it"
    installed = [name for name in BACKENDS[1:] if importlib.util.find_spec(name) is not None]
    if "jax" in installed and (device := accelerator_for_jax()):
        return "jax", f"there is {device}, and JAX can use it"
    if "tensorflow" in installed:
        return "tensorflow", "no accelerator that JAX can use, and on a CPU it is the fastest of the three"
    if installed:
        return installed[0], "TensorFlow, which is faster on a CPU, is not installed"
    return BACKENDS[1], "none is installed"


# The package by which JAX uses a device, and the files by which the system offers it.
_ACCELERATORS = {
    "an NVIDIA GPU": (("jax_cuda12_plugin", "jax_cuda13_plugin"), "/dev/nvidia[0-9]*"),
    "an AMD GPU": (("jax_rocm60_plugin", "jax_rocm7_plugin"), "/dev/kfd"),
    "a TPU": (("libtpu",), "/dev/accel[0-9]*"),
}


def accelerator_for_jax(root: Path = Path("/")) -> str | None:
    """The accelerator that JAX can use, in words: the device and JAX's plug-in for it are both there."""
    if "cpu" in os.environ.get("JAX_PLATFORMS", "").split(",")[:1]:
        return None
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    for device, (packages, files) in _ACCELERATORS.items():
        if hidden and "NVIDIA" in device:
            continue
        usable = any(importlib.util.find_spec(package) is not None for package in packages)
        if usable and any(root.glob(files.lstrip("/"))):
            return device
    return None


def resolve_precision(precision: str, backend: str) -> str:
    """The Keras dtype policy for a precision: "float32" or "mixed_bfloat16".

    "auto" takes bfloat16 where it was measured to be faster: TensorFlow on a CPU with avx512_bf16 (2.6-2.8 s
    against 3.0-4.0 s per epoch of conv5x5). The choice depends on the machine alone, never on a timing, so
    that the same seed gives the same weights.
    """
    if precision == "auto":
        fast = backend == "tensorflow" and _cpu_has_bfloat16() and not _tensorflow_has_gpu()
        precision = "bfloat16" if fast else "float32"
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


@cache
def _cpu_has_bfloat16() -> bool:
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:  # not Linux
        return False


def _tensorflow_has_gpu() -> bool:
    import tensorflow

    return bool(tensorflow.config.list_physical_devices("GPU"))


def accelerator(backend: str) -> str | None:
    """What a backend trains on in this process besides the CPU, by its name, such as "NVIDIA H100"; None for
    the CPU alone. The backend is imported for it.

    Args:
        backend: "tensorflow", "jax" or "torch".
    """
    if backend == "jax":
        import jax

        first = jax.devices()[0]
        return None if first.platform == "cpu" else str(first.device_kind)
    if backend == "torch":
        import torch

        if torch.cuda.is_available():
            return str(torch.cuda.get_device_name())
        return "Apple MPS" if torch.backends.mps.is_available() else None
    import tensorflow

    gpus = tensorflow.config.list_physical_devices("GPU")
    if not gpus:
        return None
    return str(tensorflow.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))


def versions() -> dict[str, str]:
    """Versions of what a training depends on, for environment.json."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in ("inklens", "keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _keep_compiled_programs() -> None:
    """Has JAX keep on disk what it compiles in more than a second, unless its user names a folder for that.

    Compiling for an accelerator takes longer than most trainings: 70 s of a training on CIFAR-10 on an NVIDIA
    H100, beside eleven others, and 5 s when it had been compiled before.
    """
    with suppress(DownloadError):  # no place for a cache
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_dir() / "jax"))


def _import_keras(backend: str) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _native_stderr_held_back(), _without_jax() if backend == "tensorflow" else nullcontext():
        import keras  # noqa: F401
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


@contextmanager
def _without_jax() -> Iterator[None]:
    """TensorFlow imports JAX where it is installed, for converting its networks: a second for nothing."""
    if "jax" in sys.modules:
        yield
        return
    sys.modules["jax"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["jax"]


@contextmanager
def _native_stderr_held_back() -> Iterator[None]:
    """TensorFlow greets on file descriptor 2 whatever its log level; an import that fails still shows it."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
