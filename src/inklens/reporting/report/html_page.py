"""The report as HTML: a template, a style sheet and a little JavaScript in one file."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inklens.datasets import Split
from inklens.errors import require_packages
from inklens.reporting import style
from inklens.reporting.report import wording
from inklens.reporting.report.contents import Seen, report_contents
from inklens.reporting.report.run_figures import read_sources
from inklens.run_folder import RunFolder

LARGEST_REPORT = 4_000_000  # bytes
_IMAGES = 2_400_000
_TEMPLATES = Path(__file__).parent / "templates"


def write_report(
    folder: RunFolder,
    *,
    reproduce: str,
    images: Split | None = None,
    seen: Seen | None = None,
    notes: Sequence[str] = (),
) -> Path:
    """Writes report.html into a finished run's folder, of at most 4,000,000 bytes.

    Args:
        reproduce: the commands that make this run again.
        images: what predictions.csv is about, in its order; None leaves all images out.
        seen: filters and feature maps; None leaves them out.
        notes: what the reader should know, a sentence each.

    Returns:
        The path of the file.

    Raises:
        RunError: the folder lacks a file, or one is damaged.
        MissingPackageError: Jinja2 is not installed.
    """
    require_packages(["jinja2"], "the report", "train")
    sources = read_sources(folder)
    budget = _IMAGES
    while True:
        contents = report_contents(
            sources, images=images, seen=seen, reproduce=reproduce, budget=budget, notes=notes
        )
        page = _render(contents).encode()
        if len(page) <= LARGEST_REPORT or budget == 0:
            break
        budget = budget // 2 if budget > 10_000 else 0
    folder.write_bytes(folder.report, page)
    return folder.report


def _render(contents: dict[str, Any]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = environment.get_template("report.css").render(style=style)
    js = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(css)}'; script-src '{_digest(js)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return environment.get_template("report.html").render(
        report=contents, policy=policy, css=Markup(css), js=Markup(js), wording=wording
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
