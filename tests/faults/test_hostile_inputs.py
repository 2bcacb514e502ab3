"""Recipes, options, IDX files, tables and folders as accident or malice makes them: each is taken, or refused
in one line with exit code 2; never a trace. The command builds the network and trains nothing.

`INKLENS_EXAMPLES` says how many of each are tried; others in each run.
"""

import gzip
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from command_line import refusal, run_inklens
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.recipes.presets import PRESETS

select_backend("tensorflow")

EXAMPLES = int(os.environ.get("INKLENS_EXAMPLES", "15"))
ANY = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))

# What stands where a number or a name should be.
NUMBERS = st.one_of(
    st.integers(-3, 3), st.integers(), st.floats(), st.sampled_from([2**31, 2**63, 1e308, 5e-324, 0.999, "1"])
)
TEXTS = st.text(max_size=12)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=4,
)
FIELDS = sorted(Recipe().to_dict())


def taken_or_refused(folder: Path, *words: object) -> None:
    """Nothing but 0 or a refusal, and no run is begun."""
    done = run_inklens(folder, "train", *words, "--summary")
    if done.returncode:
        said = refusal(done)
        assert "Traceback" not in said
        assert len(said) < 2000
    assert not (folder / "runs").exists()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "few.npz"
    np.savez(path, x_train=np.zeros((40, 8, 8), np.uint8), y_train=np.arange(40) % 2)
    return path


def test_of_any_recipe_each_is_taken_or_refused(tmp_path, data):
    path = tmp_path / "recipe.json"

    @ANY
    @given(
        st.sampled_from(sorted(PRESETS)),
        st.dictionaries(st.one_of(st.sampled_from(FIELDS), TEXTS), VALUES, max_size=3),
        st.sampled_from([("recipe",), (), ("recipe", "members", "one"), ("data",), ("options",)]),
    )
    def check(preset: str, changed: dict[str, object], where: tuple[str, ...]) -> None:
        written: dict[str, object] = {"format": 3, "recipe": Recipe.from_preset(preset).to_dict()}
        inner = written
        for name in where:
            inner = inner.setdefault(name, {})  # type: ignore[assignment]
        inner |= changed
        path.write_text(json.dumps(written))
        taken_or_refused(tmp_path, "--recipe", path, "--data", data)

    check()


def test_of_any_options_each_are_taken_or_refused(tmp_path, data):
    names = ("epochs", "time", "batch-size", "learning-rate", "dropout", "validation-split", "seed")
    names += ("validation-seed", "patience", "size", "channels", "framing", "kind", "network", "optimizer")
    names += ("max-error", "jobs", "checkpoint-every", "tta", "precision", "validation-data", "activation")
    words = st.one_of(NUMBERS.map(str), TEXTS.filter(lambda text: "\0" not in text))

    @ANY
    @given(st.dictionaries(st.sampled_from(names), words, min_size=1, max_size=3))
    def check(options: dict[str, str]) -> None:
        given_words = [f"--{name}={value}" for name, value in options.items()]
        taken_or_refused(tmp_path, "--data", data, *given_words)

    check()


@st.composite
def idx_files(draw: st.DrawFn) -> bytes:
    """An IDX file whose header need not be that of its content."""
    shape = draw(st.lists(st.integers(0, 12), max_size=4))
    said = draw(st.sampled_from([shape, [*shape, 3], shape[:-1], [2**31, *shape[1:]], [2**32 - 1] * 3]))
    kind = draw(st.sampled_from([0x08, 0x08, 0x08, 0x09, 0x0B, 0x0D, 0x00, 0xFF]))
    header = bytes([0, 0, kind, draw(st.sampled_from([len(said), len(said), 0, 255]))])
    content = header + np.array(said, ">u4").tobytes() + draw(st.binary(max_size=8))
    content += bytes(max(0, int(np.prod(shape)) + draw(st.sampled_from([0, 0, -1, 1]))))
    if draw(st.booleans()):
        content = gzip.compress(content)[: draw(st.sampled_from([None, None, 12, -4]))]
    return content


def test_of_any_idx_files_each_are_taken_or_refused(tmp_path):
    whole = np.array([0, 0, 8, 1, 0, 0, 0, 40], np.uint8).tobytes() + bytes([0, 1] * 20)
    names = ["images-idx3-ubyte", "labels-idx1-ubyte"]

    @ANY
    @given(st.tuples(idx_files(), st.one_of(st.just(whole), idx_files())), st.booleans(), st.booleans())
    def check(contents: tuple[bytes, bytes], tested: bool, packed: bool) -> None:
        shutil.rmtree(folder := tmp_path / "data", ignore_errors=True)
        folder.mkdir()
        for part in ("train", *(["t10k"] if tested else [])):
            for name, content in zip(names, contents, strict=True):
                (folder / f"{part}-{name}{'.gz' * packed}").write_bytes(content)
        taken_or_refused(tmp_path, "--data", folder)

    check()


CELLS = st.one_of(
    st.integers(0, 255).map(str),
    st.sampled_from(
        ["", " ", "0", "1", "a.png", "nan", "-1", "1e400", '"', "=1+1", "é", "\ufeff", "\0", "256"]
    ),
    TEXTS,
)


def test_of_any_tables_each_is_taken_or_refused(tmp_path):
    header = st.sampled_from(["label", "pixel0", "file", "image", "class", "usage", "id", ""])
    rows = st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=6)
    even = st.integers(0, 70).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 9).map(str), min_size=width, max_size=width), min_size=4, max_size=8
        )
    )

    @ANY
    @given(
        st.lists(header, max_size=6),
        st.one_of(rows, even),
        st.sampled_from([",", ";", "\t"]),
        st.sampled_from(["utf-8", "utf-16", "latin-1"]),
    )
    def check(names: list[str], cells: list[list[str]], between: str, encoding: str) -> None:
        lines = [between.join(row) for row in [*([names] if names else []), *cells]]
        path = tmp_path / "table.csv"
        path.write_bytes("\n".join(lines).encode(encoding, "replace"))
        taken_or_refused(tmp_path, "--data", path)

    check()


CLASSES = st.one_of(
    st.sampled_from(
        ["0", "1", "train", "test", ".hidden", "a b", "-x", "a\nb", "é", "con", "%s", "{x}", "[red]"]
    ),
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20),
).filter(lambda name: name not in (".", ".."))
CONTENTS = st.sampled_from(
    ["image", "image", "image", "colour", "large", "one pixel", "empty", "text", "folder"]
)


def _write(path: Path, content: str) -> None:
    """An image file of such a content."""
    if content == "folder":
        path.mkdir(exist_ok=True)
    elif content in ("empty", "text"):
        path.write_bytes(b"" if content == "empty" else b"no image")
    else:
        side = {"one pixel": 1, "large": 90}.get(content, 8)
        mode, value = ("RGB", (9, 200, 30)) if content == "colour" else ("L", 99)
        Image.new(mode, (side, side), value).save(path, "png")


def test_of_any_folders_each_is_taken_or_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("INKLENS_CACHE", str(tmp_path / "cache"))

    @ANY
    @given(st.dictionaries(CLASSES, st.lists(CONTENTS, max_size=5), max_size=4), st.booleans())
    def check(classes: dict[str, list[str]], circle: bool) -> None:
        shutil.rmtree(folder := tmp_path / "data", ignore_errors=True)
        folder.mkdir()
        for name, contents in classes.items():
            try:
                (folder / name).mkdir(exist_ok=True)
            except OSError:  # a name that is too long in bytes
                continue
            for number, content in enumerate(contents):
                _write(folder / name / f"{number}.png", content)
        if circle:
            (folder / "loop").symlink_to(folder)
        taken_or_refused(tmp_path, "--data", folder)

    check()
