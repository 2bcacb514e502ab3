"""`inklens serve`: a trained network over HTTP."""

import os
from pathlib import Path
from typing import Annotated, ClassVar

import typer
from typer import Argument, Option

from inklens.cli.light import LightCommand, whole_number
from inklens.paths import given_path

TOKEN_VARIABLE = "INKLENS_TOKEN"

_PACKAGES = ("starlette", "uvicorn", "httptools", "python_multipart", "prometheus_client", "filelock")


def _named_model(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals:
        return _name_of(Path(text)), Path(text)
    if not (name and path):
        raise ValueError(f"{text!r} names no model: expected NAME=PATH, such as digits=runs/mnist-fast-1.")
    return name, Path(path)


def _port(text: str) -> int:
    if not str(text).isdecimal() or int(text) > 65535:
        raise ValueError(f"{text!r} is no port: expected 0 to 65535, 0 for a free one.")
    return int(text)


class Command(LightCommand):
    """Converts what `serve` takes, without pydantic."""

    converters: ClassVar = {
        "path": Path, "store_file": Path, "models": _named_model,
        "port": _port, "workers": whole_number, "max_body": whole_number,
    }  # fmt: skip


def serve(
    path: Annotated[
        Path | None, Argument(metavar="[MODEL]", help="A run or a model.onnx; default: the latest in runs.")
    ] = None,
    models: Annotated[
        list[str] | None,
        Option(
            "--model",
            metavar="[NAME=]PATH",
            help="A run or a model.onnx, called as it is or by this name; may be given again.",
        ),
    ] = None,
    host: Annotated[
        str, Option(help="The address to listen on; all but loopback needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, Option(help="0 takes a free one.")] = 8000,
    workers: Annotated[int | None, Option(metavar="N", help="Processes; default: one for each core.")] = None,
    token: Annotated[
        str | None, Option(help=f"What callers must give; better in {TOKEN_VARIABLE}, where nobody sees it.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, Option(metavar="NAME", help="A host name that callers use; may be given again.")
    ] = None,
    max_body: Annotated[int | None, Option(metavar="BYTES", help="Of one request; default: 32 MiB.")] = None,
    open_page: Annotated[bool, Option("--open", help="Open the page in the browser.")] = False,
    read_only: Annotated[bool, Option("--read-only", help="Keep no corrections, and train nothing.")] = False,
    store_file: Annotated[
        Path,
        Option("--corrections", metavar="FILE", help="Where the page keeps what is corrected and taught."),
    ] = Path("runs/corrections.sqlite3"),
) -> None:
    """Serve a page to draw on, and answer over HTTP: predict, read and explain. /docs says how."""
    # Threads of the numeric libraries in each worker would only wait for each other.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ.setdefault(variable, "1")
    from inklens.classifier.classifier import available_cores
    from inklens.errors import require_packages

    require_packages(_PACKAGES, "a server", "serve")
    from inklens.serving.settings import Limits, ServerSettings
    from inklens.serving.supervisor import Supervisor
    from inklens.teaching import CorrectionStore

    named: list[tuple[str, Path]] = list(models or [])  # type: ignore[arg-type] # pairs, by Command.converters
    settings = ServerSettings(
        models=_served(path, named),
        host=host,
        port=port,
        workers=workers or min(64, available_cores()),
        token=token or os.environ.get(TOKEN_VARIABLE) or None,
        allowed_hosts=tuple(allow_host or ()),
        corrections=None if read_only else given_path(store_file).absolute(),
        limits=Limits() if max_body is None else Limits(body_bytes=max_body),
    )
    if settings.corrections is not None:
        CorrectionStore(settings.corrections).require_writable()
    supervisor = Supervisor(settings)
    many = f"{settings.workers} workers" if settings.workers > 1 else "1 worker"

    def announce() -> None:
        typer.echo(f"serving {', '.join(settings.models)} with {many}; Ctrl-C ends it")
        typer.echo(f"address {supervisor.url}")
        if open_page:
            _open(supervisor.url)

    supervisor.run(announce)


def _open(url: str) -> None:
    """Opens the page in the browser, without waiting for it; some browsers only return when they end."""
    import threading
    import webbrowser

    reachable = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    threading.Thread(target=webbrowser.open, args=(reachable,), daemon=True).start()


def _served(path: Path | None, named: list[tuple[str, Path]]) -> dict[str, Path]:
    """The models by their names; first the run that was given, or the latest one where none was."""
    from inklens.errors import OptionError
    from inklens.run_folder import RunFolder

    if path is not None or not named:
        path = path or RunFolder.latest().path
        named = [(_name_of(path), path), *named]
    if len(dict(named)) < len(named):
        raise OptionError("two models of the same name; expected unlike names: NAME=PATH")
    return dict(named)


def _name_of(path: Path) -> str:
    """The run's name, or that of the file."""
    path = given_path(path).absolute()
    if path.name == "model.onnx":
        return path.parent.name
    return path.name if path.is_dir() else path.stem
