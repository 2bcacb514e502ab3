"""Images of several requests together: what one of them does wrong is its own, and nothing is kept of it."""

import asyncio
import gc
import time
import weakref
import zlib
from threading import Event

import numpy as np
import pytest

from inklens import Classifier
from inklens.errors import ModelError
from inklens.serving import Limits, batching, server_metrics
from inklens.serving.batching import Answer, BatchQueue, SlowLane
from inklens.serving.problems import ProblemError


def _asked(work):
    """Runs `work(queue)` inside an event loop."""

    async def run():
        queue = BatchQueue(Limits())
        try:
            return await work(queue)
        finally:
            queue.close()

    return asyncio.run(run())


def test_an_image_on_which_the_network_fails_fails_alone(tiny_folder, monkeypatch, caplog):
    classifier = Classifier.open(tiny_folder)
    predict = classifier.predict_framed

    def failing(pixels):
        if (pixels == 7).all(axis=(1, 2, 3)).any():
            raise ModelError("numbers that are no probabilities")
        return predict(pixels)

    monkeypatch.setattr(classifier, "predict_framed", failing)
    images = np.stack([np.full((8, 8, 1), value, np.uint8) for value in range(12)])
    answers = _asked(lambda queue: queue.predict(classifier, list(images)))
    expected = predict(np.delete(images, 7, axis=0))
    failed = answers.pop(7)
    assert isinstance(failed, ProblemError)
    assert (failed.status, failed.detail[:33]) == (500, "the network fails on this image; ")
    assert "numbers that are no probabilities" in caplog.text
    for index, answer in enumerate(answers):
        probabilities = answer.predictions.probabilities[answer.row]
        np.testing.assert_allclose(probabilities, expected.probabilities[index], atol=1e-6)


def test_an_unforeseen_error_of_a_decoder_is_that_images_own(tiny_folder, images, monkeypatch, caplog):
    decode = batching.decode

    def failing(content, max_pixels):
        if content == b"odd":
            raise zlib.error("odd")
        return decode(content, max_pixels=max_pixels)

    monkeypatch.setattr(batching, "decode", failing)
    classifier = Classifier.open(tiny_folder)
    first, second, third = _asked(lambda queue: queue.predict(classifier, [images[0], b"odd", images[1]]))
    assert isinstance(first, Answer)
    assert isinstance(third, Answer)
    assert (second.status, second.detail) == (
        422, "the image of 3 bytes cannot be decoded; expected a whole image",
    )  # fmt: skip
    assert "an image of 3 bytes failed" in caplog.text


def test_while_the_event_loop_is_late_the_next_image_is_refused_where_another_waits(tiny_folder, images):
    classifier = Classifier.open(tiny_folder)

    async def work(queue):
        for _ in range(12):
            time.sleep(0.1)
            await asyncio.sleep(0.02)
        assert not queue.is_late()  # a single caller is not to blame
        first = queue.predict(classifier, [images[0]])
        assert queue.is_late()
        with pytest.raises(ProblemError, match="wait for the network already"):
            queue.predict(classifier, [images[1]])
        return await first

    assert isinstance(_asked(work)[0], Answer)


def test_images_of_a_caller_who_went_away_are_not_decoded(tiny_folder, monkeypatch):
    begun, go_on = Event(), Event()
    decoded = []

    def slowly(content, classifier, max_pixels):
        decoded.append(content)
        begun.set()
        go_on.wait(60)
        return np.zeros((8, 8, 1), np.uint8)

    monkeypatch.setattr(batching, "frame_bytes", slowly)

    async def go_away(queue):
        asked = queue.predict(Classifier.open(tiny_folder), [b"1", b"2", b"3"])
        await asyncio.to_thread(begun.wait, 60)
        asked.cancel()
        await asyncio.wait([asked])
        go_on.set()

    _asked(go_away)
    assert decoded == [b"1"]


def test_nothing_waits_once_all_is_answered(tiny_folder, images):
    async def ask(queue):
        await queue.predict(Classifier.open(tiny_folder), images[:3])
        await asyncio.sleep(0)
        return server_metrics.exposition()

    assert b"\ninklens_queue_images 0.0\n" in _asked(ask)


def test_slow_work_of_a_caller_who_went_away_is_not_kept():
    class Photo:
        """Something that can be seen to be gone."""

    async def go_away():
        lane = SlowLane(Limits())
        go_on = Event()
        first = asyncio.create_task(lane.run(go_on.wait, 60))
        photo = Photo()
        gone = weakref.ref(photo)
        second = asyncio.create_task(lane.run(id, photo))
        del photo
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        del second
        gc.collect()
        kept = gone()
        go_on.set()
        await first
        lane.close()
        return kept

    assert asyncio.run(go_away()) is None
