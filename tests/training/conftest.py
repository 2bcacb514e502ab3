"""Data that a run can load again."""

import pytest


@pytest.fixture(scope="package")
def few(few_on_disk):
    return few_on_disk
