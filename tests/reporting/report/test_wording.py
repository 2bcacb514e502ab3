import pytest

from inklens.reporting.report import wording


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("T-shirt/top", "T-shirt/top"),
        ("two\nlines\tand  more", "two lines and more"),
        ("e\u0301", "\u00e9"),
        ("\u202eabc\u202c", "abc"),
        ("\u2066abc\u2069", "abc"),
        ("a\x00b\x1b[1m", "ab[1m"),
        ("\udcff", ""),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # a joiner that Persian spelling needs
    ],
)
def test_a_name_loses_what_would_steer_the_page_and_nothing_else(name, clean):
    assert wording.clean(name) == clean


def test_a_name_of_which_nothing_is_left_is_called_by_its_number():
    assert wording.readable_names(["a", "\x00", ""]) == ("a", "class 1", "class 2")


def test_a_long_name_keeps_both_its_ends():
    short = wording.shortened("Donaudampfschifffahrtsgesellschaftskapitän (im Ruhestand), Mütze")
    assert len(short) <= 40
    assert short.startswith("Donaudampf")
    assert short.endswith("Mütze")
    assert wording.shortened("x" * 40) == "x" * 40


def test_numbers_read_as_people_write_them():
    assert wording.share(0.98731) == "98.73%"
    assert wording.share(None) == "\N{EN DASH}"
    assert wording.share(0.99999) == ">99.99%"
    assert wording.sure(1.0) == ">99.9%"
    assert [wording.seconds(value) for value in (8.44, 83.9, 423, 7500)] == [
        "8.4 s",
        "84 s",
        "7 min 3 s",
        "2 h 5 min",
    ]
    assert [wording.size(count) for count in (186_439, 2_402_311, 999_900)] == ["186 kB", "2.4 MB", "1.0 MB"]
    counts = [wording.plural(count, "image") for count in (0, 1, 2000)]
    assert counts == ["0 images", "1 image", "2,000 images"]
