import numpy as np
import pytest

from inklens.pixels import decode, encode_png, encode_webp


@pytest.mark.parametrize("channels", [1, 3])
def test_png_keeps_every_pixel(channels):
    image = np.random.default_rng(0).integers(0, 256, (20, 30, channels)).astype(np.uint8)
    assert np.array_equal(decode(encode_png(image), channels=channels), image)


def test_webp_is_close_and_small():
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    image = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], np.uint8(90)), axis=-1)
    written = encode_webp(image)
    assert len(written) < 2_000
    assert np.abs(decode(written, channels=3).astype(int) - image).mean() < 4
