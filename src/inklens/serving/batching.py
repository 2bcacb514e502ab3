"""Images of all requests go through the network together (micro-batching), in a bounded queue.

Whatever waits is taken, as many as go through the network at once, and more are never waited for: an image
that comes alone is answered at once, and under load batches grow by themselves. While the oldest image has
waited too long, no other is let in.

A batch of a few milliseconds is computed in the event loop: two threads that share Python's lock take twice
the time for it. Such batches have half of the loop's time: they may take as long as all else took since the
last. What takes longer, a large network or a large picture, goes to a thread, and the loop stays free.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Condition, Thread
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier, Predictions
from inklens.errors import ImageError, ModelError
from inklens.pixels import decode, frame
from inklens.serving import server_metrics
from inklens.serving.problems import ProblemError, busy
from inklens.serving.settings import Limits

log = logging.getLogger("inklens.serving")

Image = bytes | NDArray[np.uint8]

# What the event loop may be kept from its other work, in seconds, at least and at most; and the pictures that
# are decoded in it: a small file can hold any number of pixels, so the size is looked at first.
_INLINE_SECONDS, _MOST_INLINE_SECONDS = 0.004, 0.05
_INLINE_PIXELS = 128 * 128
QUICK_BYTES = 16_384
_PNG = b"\x89PNG\r\n\x1a\n"
# How much the last batch counts for what an image takes.
_NEWEST = 0.05
# How often the event loop is asked how late it is, and over how long its answers are averaged, in seconds.
_LAG_EVERY, _LAG_OVER = 0.01, 0.25
# A caller who went away is noticed after this long; most are answered earlier.
WATCH_AFTER = 0.05


@dataclass(frozen=True, eq=False)
class Answer:
    """One image's row of the predictions of the batch that it was in, and what the network saw of it.

    Args:
        predictions: of the whole batch.
        row: the image's.
        pixels: uint8 (H, W, C), framed.
    """

    predictions: Predictions
    row: int
    pixels: NDArray[np.uint8]


Outcomes = list[Answer | Exception]


@dataclass(eq=False)
class _Waiting:
    classifier: Classifier
    images: Sequence[Image]
    answers: Outcomes
    future: asyncio.Future[Outcomes]
    max_pixels: int
    since: float
    places: int
    is_small: bool


class BatchQueue:
    """The queue of one worker, made inside its event loop, and the thread that empties it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Waiting] = deque()
        self._changed = Condition()
        self._small: deque[_Waiting] = deque()  # to be computed in the loop
        self._small_ended = 0.0
        self._newest_seconds = 0.0  # what an image of the last small batch took
        self._images = 0
        self._seconds_per_image: WeakKeyDictionary[Classifier, float] = WeakKeyDictionary()
        self._closed = False
        self._lag = 0.0  # how late the event loop is
        self._lag_asked = self._loop.time()
        self._lag_timer = self._loop.call_later(_LAG_EVERY, self._ask_lag)
        self._thread = Thread(target=self._work_off, name="inklens-batches", daemon=True)
        self._thread.start()

    @property
    def images(self) -> int:
        """How many are waiting or being computed."""
        return self._images

    def is_late(self, coming: int = 0) -> bool:
        """Whether what comes now would wait for too long, behind so many small images on their way.

        A request has waited for the event loop before it is seen at all, and its answer will wait once more.
        """
        waiting = 0.0
        if self._waiting or self._small:
            with self._changed:
                fronts = [queue[0].since for queue in (self._waiting, self._small) if queue]
            waiting = time.monotonic() - min(fronts, default=math.inf)
        small = max(coming, len(self._small)) * self._newest_seconds
        loop = 2 * self._lag if self._images else 0.0
        return max(waiting, small, loop) > self._limits.queue_seconds

    def predict(self, classifier: Classifier, images: Sequence[Image]) -> asyncio.Future[Outcomes]:
        """Gives an answer for each image, or why there is none; cancel it when nobody waits for it any more.

        Args:
            classifier: its network.
            images: the bytes of files, or uint8 (H, W, C) that are framed already.

        Raises:
            ProblemError: too much is waiting; status 503.
        """
        self._admit(len(images))
        future: asyncio.Future[Outcomes] = self._loop.create_future()
        small, now, count = all(map(_is_small, images)), time.monotonic(), len(images)
        waiting = _Waiting(classifier, images, [], future, self._limits.pixels, now, count, small)
        self._images += count
        if small and count * self._seconds_of(classifier) < _INLINE_SECONDS:
            self._small.append(waiting)
            if len(self._small) == 1:
                self._loop.call_soon(self._work_off_small)
        else:
            future.add_done_callback(partial(self._free, waiting))
            with self._changed:
                self._waiting.append(waiting)
                self._changed.notify()
        return future

    def is_quick(self, classifier: Classifier) -> bool:
        """Whether a small image is answered by the event loop itself, within moments."""
        return self._seconds_of(classifier) < _INLINE_SECONDS

    def close(self) -> None:
        """Ends the thread; nothing may wait any more."""
        self._lag_timer.cancel()
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _ask_lag(self) -> None:
        now = self._loop.time()
        passed = now - self._lag_asked
        self._lag += passed / (passed + _LAG_OVER) * (max(0.0, passed - _LAG_EVERY) - self._lag)
        self._lag_asked = now
        self._lag_timer = self._loop.call_later(_LAG_EVERY, self._ask_lag)

    def _admit(self, images: int) -> None:
        """A request that finds nothing before it is always taken, however many images it has."""
        if not self._images:
            return
        if self.is_late() or self._images + images > self._limits.queue_images:
            server_metrics.REFUSED.labels("queue").inc()
            raise busy(f"{self._images} images wait for the network already")

    def _seconds_of(self, classifier: Classifier) -> float:
        """What a small image takes, by the last batches; at first, by a black one, thrice."""
        if classifier not in self._seconds_per_image:
            black = np.zeros((1, *classifier.spec.shape), np.uint8)
            times = [time.perf_counter()]
            for _ in range(3):
                classifier.predict_framed(black)
                times.append(time.perf_counter())
            self._seconds_per_image[classifier] = min(np.diff(times).tolist())
        return self._seconds_per_image[classifier]

    def _work_off_small(self) -> None:
        """In the event loop: one batch, then others have their turn."""
        elsewhere = time.perf_counter() - self._small_ended
        most = min(max(elsewhere, _INLINE_SECONDS), _MOST_INLINE_SECONDS)
        batch = self._take(self._small, max(1, int(most / self._seconds_of(self._small[0].classifier))))
        if batch:
            self._deliver(batch, *self._compute(batch))
            self._newest_seconds = self._seconds_of(batch[0].classifier)
        self._small_ended = time.perf_counter()
        if self._small:
            self._loop.call_soon(self._work_off_small)

    def _compute(self, batch: list[_Waiting]) -> tuple[int, float]:
        """Fills in the answers, and gives how many images the network saw and the seconds that all took."""
        count = 0
        began = time.perf_counter()
        try:
            count = _answer(batch)
        except Exception:  # a worker outlives a mistake of ours
            log.exception("a batch of %d requests failed", len(batch))
            failed = ProblemError(500, "the server failed on these images; its log says why")
            for waiting in batch:
                waiting.answers[:] = [failed] * len(waiting.images)
        return count, time.perf_counter() - began

    def _work_off(self) -> None:
        """In the thread."""
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    return
                batch = self._take(self._waiting)
            if batch:
                self._loop.call_soon_threadsafe(self._deliver, batch, *self._compute(batch))

    def _take(self, queue: deque[_Waiting], most: int | None = None) -> list[_Waiting]:
        """What goes through the network next: requests for one model, and at least one of them."""
        batch: list[_Waiting] = []
        count = 0
        while queue:
            first = queue[0]
            if batch and (
                first.classifier is not batch[0].classifier
                or count + len(first.images) > (most or first.classifier.batch_size)
            ):
                break
            queue.popleft()
            if first.future.cancelled():  # its caller went away
                self._loop.call_soon_threadsafe(self._forget, first)
                continue
            batch.append(first)
            count += len(first.images)
        return batch

    def _forget(self, waiting: _Waiting) -> None:
        self._images -= waiting.places
        waiting.places = 0

    def _free(self, waiting: _Waiting, future: asyncio.Future[Outcomes]) -> None:
        """A caller who goes away frees its place at once, and its images."""
        if future.cancelled():
            self._forget(waiting)
            waiting.images = ()
            server_metrics.QUEUE.set(self._images)

    def _deliver(self, batch: list[_Waiting], count: int, seconds: float) -> None:
        """In the event loop."""
        if count:
            classifier, measured = batch[0].classifier, seconds / count
            if all(waiting.is_small for waiting in batch):
                known = self._seconds_of(classifier)
                self._seconds_per_image[classifier] = known + _NEWEST * (measured - known)
            server_metrics.BATCH_IMAGES.observe(count)
        for waiting in batch:
            self._forget(waiting)
            if not waiting.future.done():
                waiting.future.set_result(waiting.answers)
        server_metrics.QUEUE.set(self._images)


def _is_small(image: Image) -> bool:
    """Whether an image is decoded and framed in a moment, as its first bytes say."""
    if isinstance(image, np.ndarray):
        return True
    if len(image) > QUICK_BYTES or not image.startswith(_PNG):
        return False
    width, height = int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")
    return width * height <= _INLINE_PIXELS


def _answer(batch: list[_Waiting]) -> int:
    """Fills in the answers; an image that cannot be decoded has an error of its own.

    Returns:
        How many images went through the network.
    """
    classifier = batch[0].classifier
    failed = ProblemError(500, "no answer")
    framed: list[NDArray[np.uint8]] = []
    places: list[tuple[_Waiting, int]] = []
    for waiting in batch:
        for image in waiting.images:
            if waiting.future.cancelled():  # its caller went away, or its time is over
                break
            pixels = _framed(image, classifier, waiting.max_pixels)
            if isinstance(pixels, Exception):
                waiting.answers.append(pixels)
                continue
            places.append((waiting, len(waiting.answers)))
            waiting.answers.append(failed)  # its place
            framed.append(pixels)
    for (waiting, place), answer in zip(places, _predictions(classifier, framed), strict=True):
        waiting.answers[place] = answer
    return len(framed)


def _framed(image: Image, classifier: Classifier, max_pixels: int) -> NDArray[np.uint8] | Exception:
    if isinstance(image, np.ndarray):
        return image
    try:
        return frame_bytes(image, classifier, max_pixels)
    except ImageError as error:
        return error
    except Exception:  # of a decoder, which must not spoil the others
        log.exception("an image of %d bytes failed", len(image))
        return ProblemError(422, f"the image of {len(image)} bytes cannot be decoded; expected a whole image")


def _predictions(classifier: Classifier, framed: list[NDArray[np.uint8]]) -> list[Answer | Exception]:
    """An answer for each image; where the network fails on some of them, each is asked about alone."""
    if not framed:
        return []
    try:
        predictions = classifier.predict_framed(np.stack(framed))
    except ModelError as error:
        if len(framed) > 1:
            return [answer for pixels in framed for answer in _predictions(classifier, [pixels])]
        log.error("the network fails on an image: %s", error)
        return [ProblemError(500, "the network fails on this image; the log of the server says why")]
    return [Answer(predictions, row, pixels) for row, pixels in enumerate(framed)]


def frame_bytes(content: bytes, classifier: Classifier, max_pixels: int) -> NDArray[np.uint8]:
    """The bytes of an image file, brought to what the network takes: uint8 (H, W, C).

    Raises:
        ImageError: they cannot be decoded, or have too many pixels.
    """
    return frame(decode(content, max_pixels=max_pixels), classifier.spec)


class SlowLane:
    """Work that takes long, such as reading a photo, one after the other beside the small images."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.slow_requests
        self._count = 0
        self._pool = ThreadPoolExecutor(1, "inklens-slow")

    async def run(self, work: Any, *args: Any) -> Any:
        """What `work(*args)` gives, in a thread.

        Raises:
            ProblemError: too much is waiting; status 503.
        """
        if self._count >= self._most:
            server_metrics.REFUSED.labels("slow").inc()
            raise busy(f"{self._count} requests to read or explain wait already")
        self._count += 1
        # The pool keeps what it has not begun, also for a caller who went away; it shall keep no images.
        calls = [partial(work, *args)]
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, _run_only, calls)
        finally:
            self._count -= 1
            calls.clear()

    def close(self) -> None:
        """Waits for what runs."""
        self._pool.shutdown()


def _run_only(calls: list[Any]) -> Any:
    return calls.pop()()
