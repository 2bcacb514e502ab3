import pytest

from inklens.recipes.flips import flip_note, flips, speaks_against


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("cat", "dog"), None),
        (("turn-left", "turn-right", "stop"), "classes such as 'turn-left' name a side"),
        (("arrowLeft", "arrowUp"), "classes such as 'arrowLeft' name a side"),
        (("RIGHT_HAND", "foot"), "classes such as 'RIGHT_HAND' name a side"),
        (("bright", "leftover"), None),
        (("a", "b", "dog"), "classes such as 'a' may be letters"),
        (tuple("0123456789"), "classes such as '0' may be digits"),
        (("zero", "One"), "classes such as 'zero' may be digits"),
        (("0", "cat"), None),
        (tuple(map(str, range(100))), None),
    ],
)
def test_names_of_sides_letters_and_digits_speak_against_mirroring(names, reason):
    assert speaks_against(names) == reason


def test_things_are_mirrored_unless_their_names_speak_against_it_or_the_user_does():
    things = ("cat", "dog")
    assert flips("auto", "mirror", "things", things) == ("on", "mirror")
    assert flips("off", "mirror", "things", things) == ("off", "none")
    assert flips("auto", "mirror-cross", "things", ("left", "right")) == ("off", "cross")
    assert flips("on", "mirror", "things", ("left", "right")) == ("on", "mirror")
    assert flips("auto", "cross", "writing", things) == ("off", "cross")


def test_a_line_says_where_names_decided_or_were_overruled():
    sides = ("left", "right")
    assert flip_note("auto", "things", ("cat", "dog")) is None
    assert flip_note("off", "things", sides) is None
    numbers = tuple(map(str, range(43)))  # such as of traffic signs
    assert "'0' are numbers, which do not say what they show: images are" in flip_note(
        "auto", "things", numbers
    )
    for flip, kind in (("on", "things"), ("off", "things"), ("auto", "writing")):
        assert flip_note(flip, kind, numbers) is None
    assert flip_note("auto", "writing", sides) is None
    assert "no image is mirrored; --flip on if" in flip_note("auto", "things", sides)
    assert "--flip off leaves them out" in flip_note("on", "things", sides)
