"""`GET /v1/runs`: the runs beside the served one, what they measured, their reports, two compared."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from inklens.errors import InklensError, MissingPackageError
from inklens.evaluation import mcnemar
from inklens.run_folder import RunFolder
from inklens.serving.problems import ProblemError
from inklens.serving.settings import ServerSettings

# A report has its style and script inside. They may run, but as those of no site: they reach nothing here.
_REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'none'"
)
_MOST_DIFFERING = 200


async def list_runs(request: Request) -> Response:
    """`GET /v1/runs`; newest first."""
    return await asyncio.to_thread(_list_runs, request)


def _list_runs(request: Request) -> Response:
    folder = runs_folder(request.app.state.settings)
    served = {model.file.parent.resolve(): model.name for model in request.app.state.models}
    rows = [_row(run, served.get(run.path.resolve())) for run in _runs(folder)]
    rows.sort(key=lambda row: str(row["started"]), reverse=True)
    return JSONResponse({"folder": folder.name, "runs": rows})


async def show_run(request: Request) -> Response:
    """`GET /v1/runs/{name}`."""
    return await asyncio.to_thread(_show_run, request)


def _show_run(request: Request) -> Response:
    run = _named(request, "name")
    metrics = _json(run, run.metrics)
    scores = metrics.get("test") or metrics.get("validation") or {}
    classes = _json(run, run.recipe).get("data", {}).get("class_names", [])
    history = [
        {name: float(value) for name, value in row.items() if name and value} for row in _rows(run.history)
    ]
    return JSONResponse(
        {**_row(run, None), "class_names": classes, "history": history, "confusion": scores.get("confusion")}
    )


async def show_report(request: Request) -> Response:
    """`GET /v1/runs/{name}/report`."""
    return await asyncio.to_thread(_show_report, request)


def _show_report(request: Request) -> Response:
    run = _named(request, "name")
    try:
        content = _report(run).read_text(encoding="utf-8")
    except OSError as error:
        raise ProblemError(404, f"{run.path.name} has no report; `inklens report` writes one") from error
    return HTMLResponse(content, headers={"Content-Security-Policy": _REPORT_POLICY})


async def compare_runs(request: Request) -> Response:
    """`GET /v1/runs/{name}/against/{other}`."""
    return await asyncio.to_thread(_compare_runs, request)


def _compare_runs(request: Request) -> Response:
    one, other = _named(request, "name"), _named(request, "other")
    first, second = (
        [(row["actual"], row["predicted"]) for row in _rows(run.predictions)] for run in (one, other)
    )
    actual = [label for label, _ in first]
    if not first or actual != [label for label, _ in second]:
        names = f"{one.path.name} and {other.path.name}"
        reason = f"{names} were tested on other images; `inklens compare` asks both about the same ones"
        return JSONResponse({"images": 0, "reason": reason})
    right = [np.array([label == said for label, said in each]) for each in (first, second)]
    differing = [
        {"index": index, "actual": label, "one": said, "other": second[index][1]}
        for index, (label, said) in enumerate(first)
        if said != second[index][1]
    ]
    try:
        p = mcnemar(*right).p
    except MissingPackageError:
        p = None
    return JSONResponse(
        {
            "images": len(actual),
            "both_right": int((right[0] & right[1]).sum()),
            "only_one": int((right[0] & ~right[1]).sum()),
            "only_other": int((~right[0] & right[1]).sum()),
            "both_wrong": int((~right[0] & ~right[1]).sum()),
            "p": p,
            "differing": differing[:_MOST_DIFFERING],
        }
    )


def runs_folder(settings: ServerSettings) -> Path:
    """The folder that holds the run of the first model; "runs" where that is no run's."""
    path = next(iter(settings.models.values())).expanduser().absolute()
    run = path if path.is_dir() else path.parent
    return run.parent if (run / "status.json").is_file() else Path("runs")


def _runs(folder: Path) -> Iterator[RunFolder]:
    for status in sorted(folder.glob("*/status.json")):
        yield RunFolder(status.parent)


def _named(request: Request, parameter: str) -> RunFolder:
    """The run that a path names: one of those that are listed, so that no name leads elsewhere."""
    name = request.path_params[parameter]
    for run in _runs(runs_folder(request.app.state.settings)):
        if run.path.name == name:
            return run
    raise ProblemError(404, f"no run {name[:100]!r}; expected one of those in /v1/runs")


def _row(run: RunFolder, served_as: str | None) -> dict[str, Any]:
    status, metrics, recipe = (_json(run, name) for name in ("status.json", run.metrics, run.recipe))
    part = "test" if metrics.get("test") else "validation"
    scores, training = metrics.get(part) or {}, metrics.get("training") or {}
    chosen, data = recipe.get("recipe") or {}, recipe.get("data") or {}
    return {
        "name": run.path.name,
        "state": status.get("state"),
        "started": status.get("started"),
        "served_as": served_as,
        "data": data.get("name"),
        "preset": chosen.get("preset"),
        "network": chosen.get("network"),
        "part": part,
        "accuracy": scores.get("accuracy"),
        "interval": scores.get("accuracy_interval_95"),
        "images": scores.get("n"),
        "epochs": training.get("epochs"),
        "seconds": training.get("seconds"),
        "parameters": training.get("parameters"),
        "bytes": run.onnx.stat().st_size if run.onnx.is_file() else None,
        "report": _report(run).is_file(),
    }


def _report(run: RunFolder) -> Path:
    """Its report; of a run that is trained further, the former one."""
    try:
        return (run.usable() or run).report
    except InklensError:
        return run.report


def _json(run: RunFolder, name: str | Path) -> dict[str, Any]:
    """What a file of a run says; nothing where it is not there, as in a run that goes on."""
    try:
        return run.read_json(name)
    except InklensError:
        return {}


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError:
        return []
