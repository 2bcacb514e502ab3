import pytest

from inklens.printable import is_printable, printable


@pytest.mark.parametrize("name", ["T-shirt/top", "数字", "é à", "👩\u200d🔬", "a\u00a0b"])
def test_a_name_of_any_script_is_shown_as_it_is(name):
    assert is_printable(name)
    assert printable(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[2J", r"\x1b[2J"),
        ("caf\udce9", r"caf\udce9"),
        ("\x85", r"\x85"),
        ("a\u202eb", r"a\u202eb"),
    ],
)
def test_what_cannot_be_printed_is_escaped(name, shown):
    assert not is_printable(name)
    assert printable(name) == shown
