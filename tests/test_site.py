"""The site of the documentation: it builds without a warning, and its reference has every public name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import inklens

ROOT = Path(__file__).parent.parent


def test_the_reference_names_everything_that_is_public():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"auto(?:class|function):: inklens\.(\w+)", page)
    assert sorted(named) == inklens.__all__


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
