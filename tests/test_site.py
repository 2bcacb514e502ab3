"""The site of the documentation: it builds without a warning, and its reference has every public name."""

import re
import subprocess
import sys
from functools import cached_property
from pathlib import Path

import pytest

import inklens

ROOT = Path(__file__).parent.parent


def test_the_reference_names_everything_that_is_public():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"auto(?:class|exception|function):: inklens\.(\w+)$", page, re.MULTILINE)
    assert sorted(named) == inklens.__all__


def test_no_property_is_described_as_a_type():
    """Napoleon takes what stands before a colon in the first line of a property for its type."""
    for name in inklens.__all__:
        for member, value in vars(getattr(inklens, name)).items():
            if isinstance(value, property | cached_property) and not member.startswith("_"):
                assert ":" not in str(value.__doc__).splitlines()[0], f"{name}.{member}"


def test_the_drawing_of_the_house_has_every_room():
    drawn = (ROOT / "docs/images/house.svg").read_text(encoding="utf-8")
    rooms = [path.parent.name for path in (ROOT / "src/inklens").glob("*/__init__.py")]
    assert not [room for room in rooms if f">{room}<" not in drawn]


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx")
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", tmp_path / "trees"]
    places = ["docs", tmp_path / "site"]
    done = subprocess.run([*build, *places], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    reference = (tmp_path / "site/api.html").read_text(encoding="utf-8")
    for name in inklens.__all__:
        assert f'id="inklens.{name}"' in reference
    assert "inklens predict" in (tmp_path / "site/commands.html").read_text(encoding="utf-8")
