"""No version is allowed that is known to let a file or a request do harm, or an image be read wrongly."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# The first versions without the holes that are known; those before are never installed with Inklens.
LEAST = {
    "keras": "3.15.1",
    "pillow": "12.3",
    "starlette": "1.0.1",
    "python-multipart": "0.0.27",
    "ray": "2.52",
}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def required() -> dict[str, str]:
    """The least version of each package that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    found = (re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", line) for line in lines)
    return {match[1].lower(): match[2] for match in found if match}


@pytest.mark.parametrize("package", LEAST)
def test_a_package_is_required_in_a_version_without_known_holes(package):
    assert numbers(required()[package]) >= numbers(LEAST[package])


def test_the_pinned_versions_are_no_older():
    pinned = dict(
        line.lower().split(";")[0].strip().split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith("#")
    )
    for package, least in required().items():
        if package in pinned:
            assert numbers(pinned[package]) >= numbers(least), package
