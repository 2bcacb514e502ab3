"""Writes docs/benchmarks.md from benchmarks/results: python benchmarks/document.py

A section for each result: what was measured in the words of the script that measured it, the figures, the
command, the machine, the versions and the date. Lists of single rounds are left to the JSON.
"""

import ast
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
INTRODUCTION = """# Benchmarks

Made by `python benchmarks/document.py` from [benchmarks/results](../benchmarks/results): each figure is what
its command printed on the machine beside it, none is written by hand. Timings of other machines differ; what
takes turns in one run is compared there.
"""
_ABOUT = ("benchmark", "command", "date", "commit", "machine", "versions")
_NO_FIGURES = ("recipe", "fingerprint")
_LONGEST_LIST = 8


def page(results: Path = HERE / "results") -> str:
    """The whole page, Markdown."""
    found = {path: json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))}
    contents = [
        f"- [{one['benchmark']}](#{one['benchmark']}): {_says(one['command'])}" for one in found.values()
    ]
    sections = [_section(path, one) for path, one in found.items()]
    return "\n".join([INTRODUCTION, *contents, "", *sections])


def _section(path: Path, found: dict[str, Any]) -> str:
    machine, versions = found["machine"], found["versions"]
    used = ", ".join(f"{name} {version}" for name, version in versions.items())
    rows = [f"| {name} | {value} |" for name, value in _figures(found)]
    table = ["| figure | value |", "|---|---|", *rows]
    return "\n".join(
        [
            f"## {found['benchmark']}\n",
            f"{_says(found['command'])}\n",
            *table,
            "",
            f"`{found['command']}`, {found['date'][:10]}, commit {found['commit'] or 'unknown'}; "
            f"{machine['processor']}, {machine['cores']} cores; {used}. "
            f"Whole: [{path.name}](../benchmarks/results/{path.name}).\n",
        ]
    )


def _says(command: str) -> str:
    """The first sentence of the script that the command runs."""
    script = HERE / Path(shlex.split(command)[1]).name
    said = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split())


def _figures(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The numbers and words of a result, by the path of their names."""
    for name, value in found.items():
        if name not in (*_ABOUT, *_NO_FIGURES):
            yield from _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NO_FIGURES:
                yield from _flat(f"{name}: {key}", inner)
    elif isinstance(value, list):
        if len(value) <= _LONGEST_LIST and all(isinstance(one, int | float | str) for one in value):
            yield _words(name), ", ".join(map(_written, value))
    else:
        yield _words(name), _written(value)


def _words(name: str) -> str:
    return name.replace("_", " ").replace("|", "/")


def _written(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value).replace("|", "/")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"written to {PAGE}")
