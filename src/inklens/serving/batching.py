"""Images of all requests go through the network together (micro-batching), in a bounded queue.

One thread takes whatever waits, as many as go through the network at once, and never waits for more: an
image that comes alone is answered at once, and under load batches grow by themselves. While the oldest image
has waited too long, no other is let in.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier, Predictions
from inklens.errors import ImageError
from inklens.pixels import decode, frame
from inklens.serving import server_metrics
from inklens.serving.problems import ProblemError, busy
from inklens.serving.settings import Limits

log = logging.getLogger("inklens.serving")

Image = bytes | NDArray[np.uint8]
T = TypeVar("T")

# A caller who went away is noticed after this long; most are answered earlier.
WATCH_AFTER = 0.05


@dataclass(frozen=True, eq=False)
class Answer:
    """One image's row of the predictions of the batch that it was in."""

    predictions: Predictions
    row: int


@dataclass(eq=False)
class _Waiting:
    classifier: Classifier
    images: Sequence[Image]
    answers: list[Answer | Exception]
    future: asyncio.Future[list[Answer | Exception]]
    max_pixels: int
    since: float


class BatchQueue:
    """The queue of one worker, made inside its event loop, and the thread that empties it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Waiting] = deque()
        self._changed = Condition()
        self._images = 0
        self._closed = False
        self._thread = Thread(target=self._work_off, name="inklens-batches", daemon=True)
        self._thread.start()

    @property
    def images(self) -> int:
        """How many are waiting or being computed."""
        return self._images

    async def predict(self, classifier: Classifier, images: Sequence[Image]) -> list[Answer | Exception]:
        """An answer for each image, or why there is none.

        Args:
            classifier: its network.
            images: the bytes of files, or uint8 (H, W, C) that are framed already.

        Raises:
            ProblemError: too much is waiting; status 503.
        """
        self._admit(len(images))
        future: asyncio.Future[list[Answer | Exception]] = self._loop.create_future()
        waiting = _Waiting(classifier, images, [], future, self._limits.pixels, time.monotonic())
        self._images += len(images)
        try:
            with self._changed:
                self._waiting.append(waiting)
                self._changed.notify()
            return await future
        finally:
            self._images -= len(images)

    def close(self) -> None:
        """Ends the thread; nothing may wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _admit(self, images: int) -> None:
        """A request that finds nothing before it is always taken, however many images it has."""
        if not self._images:
            return
        with self._changed:
            oldest = self._waiting[0].since if self._waiting else time.monotonic()
        late = time.monotonic() - oldest > self._limits.queue_seconds
        if late or self._images + images > self._limits.queue_images:
            server_metrics.REFUSED.labels("queue").inc()
            raise busy(f"{self._images} images wait for the network already")

    def _work_off(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    return
                batch = self._take()
            if not batch:
                continue
            count = sum(len(waiting.images) for waiting in batch)
            try:
                _answer(batch)
            except Exception:  # the thread outlives a mistake of ours
                log.exception("a batch of %d images failed", count)
                failed = ProblemError(500, "the server failed on these images; its log says why")
                for waiting in batch:
                    waiting.answers[:] = [failed] * len(waiting.images)
            server_metrics.BATCH_IMAGES.observe(count)
            self._loop.call_soon_threadsafe(self._deliver, batch)

    def _take(self) -> list[_Waiting]:
        """What goes through the network next: requests for one model, and at least one of them."""
        batch: list[_Waiting] = []
        count = 0
        while self._waiting:
            first = self._waiting[0]
            if first.future.cancelled():  # its caller went away
                self._waiting.popleft()
                continue
            if batch and (
                first.classifier is not batch[0].classifier
                or count + len(first.images) > first.classifier.batch_size
            ):
                break
            batch.append(self._waiting.popleft())
            count += len(first.images)
        return batch

    def _deliver(self, batch: list[_Waiting]) -> None:
        for waiting in batch:
            if not waiting.future.done():
                waiting.future.set_result(waiting.answers)
        server_metrics.QUEUE.set(self._images)


def _answer(batch: list[_Waiting]) -> None:
    """Fills in the answers; an image that cannot be decoded has an error of its own."""
    classifier = batch[0].classifier
    failed = ProblemError(500, "no answer")
    framed: list[NDArray[np.uint8]] = []
    places: list[tuple[_Waiting, int]] = []
    for waiting in batch:
        for image in waiting.images:
            try:
                pixels = (
                    image
                    if isinstance(image, np.ndarray)
                    else frame_bytes(image, classifier, waiting.max_pixels)
                )
            except ImageError as error:
                waiting.answers.append(error)
                continue
            places.append((waiting, len(waiting.answers)))
            waiting.answers.append(failed)  # its place
            framed.append(pixels)
    if framed:
        predictions = classifier.predict_framed(np.stack(framed))
        for row, (waiting, place) in enumerate(places):
            waiting.answers[place] = Answer(predictions, row)


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
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        finally:
            self._count -= 1

    def close(self) -> None:
        """Waits for what runs."""
        self._pool.shutdown()
