import io
import struct
import warnings
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageOps

from inklens.errors import ImageError, OptionError
from inklens.pixels import decode, decode_enough
from inklens.pixels.image_formats import open_formats
from inklens.pixels.jpeg import small_jpeg


def packed(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def ramp() -> np.ndarray:
    return np.arange(6 * 8, dtype=np.uint8).reshape(6, 8) * 5


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "PPM"])
def test_a_lossless_grey_image_keeps_every_byte(ramp, kind):
    assert np.array_equal(decode(packed(Image.fromarray(ramp), kind), channels=1)[..., 0], ramp)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_lossy_image_comes_close(ramp, kind):
    decoded = decode(packed(Image.fromarray(ramp), kind, quality=95), channels=1)
    assert np.abs(decoded[..., 0].astype(int) - ramp).mean() < 6


def test_a_path_and_its_bytes_give_the_same(ramp, tmp_path):
    path = tmp_path / "ramp.png"
    Image.fromarray(ramp).save(path)
    assert np.array_equal(decode(path), decode(path.read_bytes()))
    assert np.array_equal(decode(str(path)), decode(path))


def test_channels_are_kept_unless_asked_for(ramp):
    grey, colour = packed(Image.fromarray(ramp)), packed(Image.new("RGB", (8, 6), (255, 0, 0)))
    assert decode(grey).shape == (6, 8, 1)
    assert decode(grey, channels=3).shape == (6, 8, 3)
    assert decode(colour).shape == (6, 8, 3)
    assert decode(colour, channels=1)[0, 0, 0] == 76  # 0.299 of 255
    with pytest.raises(OptionError, match="channels is 2"):
        decode(grey, channels=2)


def test_transparency_is_laid_on_white():
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 255))
    assert decode(packed(image))[0].tolist() == [[255, 255, 255], [0, 0, 0]]
    assert decode(packed(image.convert("LA")))[0].tolist() == [[255], [0]]


def test_white_on_transparent_is_laid_on_black():
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (250, 255, 250, 255))
    assert decode(packed(image))[0].tolist() == [[0, 0, 0], [250, 255, 250]]
    image = Image.new("RGBA", (2, 1), (255, 255, 255, 255))  # nothing is transparent
    assert decode(packed(image))[0].tolist() == [[255, 255, 255], [255, 255, 255]]


def test_a_palette_with_a_transparent_colour_is_laid_on_white():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    assert decode(packed(image, transparency=0))[0].tolist() == [[255, 255, 255], [40, 50, 60]]
    assert decode(packed(image))[0].tolist() == [[10, 20, 30], [40, 50, 60]]


def test_one_bit_images_become_black_and_white():
    assert decode(packed(Image.fromarray(np.array([[False, True]]))))[0].tolist() == [[0], [255]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_to_eight(kind):
    image = Image.fromarray(np.array([[0, 257 * 100, 65535]], np.uint16))
    assert decode(packed(image, kind))[0].tolist() == [[0], [100], [255]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_files_that_hold_eight_keep_them(kind):
    image = Image.fromarray(np.array([[0, 100, 255]], np.uint16))
    assert decode(packed(image, kind))[0].tolist() == [[0], [100], [255]]


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("factor", [1, 257])
def test_sixteen_bit_colour_is_read_whether_it_holds_eight_or_sixteen(suffix, factor):
    colours = np.array([[[255, 0, 10], [3, 200, 77]]], np.uint16)
    content = cv2.imencode(suffix, colours[..., ::-1] * factor)[1].tobytes()
    assert np.array_equal(decode(content), colours)


def test_a_heic_an_avif_and_a_cmyk_file_are_read():
    colour = Image.new("RGB", (32, 32), (200, 40, 40))
    for kind in ("HEIF", "AVIF"):
        if kind in open_formats():
            assert np.abs(decode(packed(colour, kind)).astype(int) - [200, 40, 40]).max() <= 8
    assert np.abs(decode(packed(colour.convert("CMYK"), "TIFF")).astype(int) - [200, 40, 40]).max() <= 2
    assert np.abs(decode(packed(colour.convert("CMYK"), "JPEG")).astype(int) - [200, 40, 40]).max() <= 8


def test_without_its_package_a_heic_file_is_refused_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr("inklens.pixels.decoding.open_formats", lambda: ("PNG", "JPEG"))
    content = b"\0\0\0\x18ftypheic" + bytes(40)
    with pytest.raises(ImageError, match=r"a\.heic is a HEIC or AVIF file; .*pip install 'inklens\[heif\]'"):
        decode(content, name="a.heic")


def test_floating_point_pixels_are_refused():
    with pytest.raises(ImageError, match="floating-point"):
        decode(packed(Image.fromarray(np.zeros((2, 2), np.float32)), "TIFF"))


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize(
    "pixels",
    [
        np.arange(6, dtype=np.uint8).reshape(2, 3),
        np.arange(18, dtype=np.uint8).reshape(2, 3, 3),
        257 * np.arange(6, dtype=np.uint16).reshape(2, 3),
    ],
    ids=["grey", "colour", "16 bits"],
)
def test_every_orientation_is_turned_as_pillow_turns_it(orientation, kind, pixels):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = packed(Image.fromarray(pixels), kind, exif=exif)
    with Image.open(io.BytesIO(content)) as opened:
        upright = np.asarray(ImageOps.exif_transpose(opened))
    assert np.array_equal(decode(content).squeeze(), upright // 257 if upright.dtype != np.uint8 else upright)
    whole, size = decode_enough(content, 1)
    assert np.array_equal(whole, decode(content)), "of these formats all is decoded"
    assert size == upright.shape[:2]


@pytest.mark.parametrize(("enough", "part"), [(301 * 200, 1), (15_051, 1), (15_050, 2), (1_000, 4), (100, 8)])
@pytest.mark.parametrize("orientation", [1, 6])
def test_of_a_jpeg_no_more_is_decoded_than_is_enough(enough, part, orientation):
    """301x200: a half of its sides is 151x100."""
    height, width = np.mgrid[:200, :301]
    image = Image.fromarray((height / 2 + width / 3).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = packed(image, "JPEG", quality=95, exif=exif)
    whole = decode(content)
    pixels, size = decode_enough(content, enough)
    assert size == whole.shape[:2]
    assert pixels.shape == (*(-(-side // part) for side in size), 1)
    assert pixels.shape[0] * pixels.shape[1] >= enough
    assert np.abs(pixels - whole[::part, ::part].astype(int)).max() <= 12


def test_of_an_animation_the_first_picture_counts(ramp):
    frames = [Image.fromarray(ramp), Image.fromarray(255 - ramp)]
    content = packed(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.array_equal(decode(content, channels=1)[..., 0], ramp)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"no image at all", "no image of a known format; expected PNG, JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no image of a known format"),
        (packed(Image.new("L", (8, 6)), "TGA"), "no image of a known format"),
    ],
)
def test_what_is_no_image_is_refused_by_its_name(tmp_path, content, said):
    path = tmp_path / "seven.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=said) as caught:
        decode(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ImageError, match=r"nine\.png cannot be read \(No such file"):
        decode(tmp_path / "nine.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_a_truncated_image_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    content = packed(Image.fromarray(noise), kind)
    with pytest.raises(ImageError):
        decode(content[: len(content) // 2])
    with pytest.raises(ImageError):
        decode_enough(content[: len(content) // 2], 100)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (100, 3), (2, 900)])
def test_a_thin_jpeg_is_decoded_at_a_part_of_its_sides_too(width, height):
    pixels, size = decode_enough(packed(Image.new("RGB", (width, height), "red"), "JPEG"), 1)
    assert size == (height, width)
    assert pixels.shape[0] * pixels.shape[1] >= 1


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 10_000, 50_000])
def test_a_bomb_is_refused_before_it_is_decoded_and_without_a_warning(side):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(ImageError, match="pixels; expected at most 50,000,000"):
            decode(png_that_claims(side, side))
    assert not seen
    with pytest.raises(ImageError, match="8x6 pixels; expected at most 47"):
        decode(png_that_claims(8, 6), max_pixels=47)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM"]), st.data())
def test_damaged_bytes_give_an_image_or_an_image_error(kind, data):
    content = bytearray(packed(Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert decode(bytes(content)).dtype == np.uint8
    except ImageError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True, "comment": b"mine"}])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("shape", [(32, 32, 3), (17, 23, 3), (17, 23), (1, 1, 3)])
def test_a_small_jpeg_is_decoded_to_the_bytes_that_pillow_gives(shape, subsampling, options):
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for quality in (5, 75, 100):
        content = packed(Image.fromarray(noise), "JPEG", quality=quality, subsampling=subsampling, **options)
        assert small_jpeg(content, 10_000) is not None
        with Image.open(io.BytesIO(content)) as opened:
            assert np.array_equal(decode(content).squeeze(), np.asarray(opened).squeeze())
    assert small_jpeg(content, 0) is None


def test_other_jpegs_are_left_to_pillow():
    image = Image.fromarray(np.zeros((8, 8, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    for content in (packed(image, "JPEG", exif=exif), packed(image.convert("CMYK"), "JPEG"), packed(image)):
        assert small_jpeg(content, 10_000) is None
    assert small_jpeg(packed(image, "JPEG")[:-2], 10_000) is None


def test_a_small_jpeg_with_a_foreign_marker_in_its_data_is_damaged():
    """OpenCV gives what was before it, and a grey rest."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (28, 28, 3), np.uint8)).save(buffer, "JPEG")
    content = buffer.getvalue()
    middle = (content.index(b"\xff\xda") + len(content)) // 2
    with pytest.raises(ImageError, match="cut short or damaged"):
        decode(content[:middle] + b"\xff\xc8" + content[middle + 2 :])
