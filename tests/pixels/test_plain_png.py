"""OpenCV gets only what is beyond doubt; all else is Pillow's, which says what is wrong with it."""

import io

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from inklens.pixels import decode
from inklens.pixels.plain_png import decode_plain_png


def png(pixels: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **options)
    return file.getvalue()


@given(st.integers(1, 40), st.integers(1, 40), st.booleans(), st.integers(0, 2**32), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_pixels_are_those_that_were_written(height, width, colour, seed, level):
    shape = (height, width, 3) if colour else (height, width)
    pixels = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    decoded = decode_plain_png(png(pixels, compress_level=level), 10**6)
    assert decoded is not None
    assert np.array_equal(decoded, pixels.reshape(height, width, -1))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_changed_file_is_taken(data):
    content = bytearray(png(np.arange(600, dtype=np.uint8).reshape(20, 30), pnginfo=PngInfo()))
    original = bytes(content)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    if bytes(content) != original:
        assert decode_plain_png(bytes(content), 10**6) is None


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16"])
def test_other_kinds_are_left_to_pillow(mode):
    file = io.BytesIO()
    grey = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))
    image = grey.convert("I").convert(mode) if mode == "I;16" else grey.convert(mode)
    image.save(file, "PNG")
    assert decode_plain_png(file.getvalue(), 10**6) is None
    assert decode(file.getvalue()).shape[:2] == (8, 8)


def test_transparency_orientation_and_interlacing_are_left_to_pillow():
    grey = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8))
    turned = grey.getexif()
    turned[0x0112] = 6
    for options in ({"transparency": 3}, {"exif": turned}, {"icc_profile": b"profile"}):
        file = io.BytesIO()
        grey.save(file, "PNG", **options)
        assert decode_plain_png(file.getvalue(), 10**6) is None
        assert decode(file.getvalue()).shape[:2] == ((8, 6) if "exif" in options else (6, 8))


def test_a_text_beside_the_pixels_changes_nothing_and_the_limit_of_pixels_holds():
    pixels = np.arange(48, dtype=np.uint8).reshape(6, 8)
    text = PngInfo()
    text.add_text("Software", "scanner")
    assert np.array_equal(decode_plain_png(png(pixels, pnginfo=text), 10**6), pixels[..., None])
    assert decode_plain_png(png(np.zeros((1000, 1000), np.uint8)), 10**7) is None  # small as a file
    with pytest.raises(Exception, match="8x6 pixels; expected at most 40"):
        decode(png(pixels), max_pixels=40)
