"""What a server counts about itself, for Prometheus: of all workers together, in files that they share.

The folder is named by `PROMETHEUS_MULTIPROC_DIR`, which must be set before this module is imported.
"""

import os
from functools import cache
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_LATEST

REQUESTS = Counter("inklens_requests", "Requests answered.", ["path", "status"])
SECONDS = Histogram(
    "inklens_request_seconds",
    "From the headers of a request to its answer.",
    ["path"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
IMAGES = Counter("inklens_images", "Images answered, by the status of the answer.", ["model", "status"])
BATCH_IMAGES = Histogram(
    "inklens_batch_images", "Images that went through the network at once.", buckets=(1, 2, 4, 8, 16, 32, 64)
)
REFUSED = Counter("inklens_refused", "Requests refused because too much was waiting.", ["queue"])
QUEUE = Gauge("inklens_queue_images", "Images that wait for the network.", multiprocess_mode="livesum")
MODEL = Gauge(
    "inklens_model_info",
    "1 for each model that is served.",
    ["model", "fingerprint"],
    multiprocess_mode="livemax",
)


@cache
def _children(metric: Any, *labels: str) -> Any:
    """Looking a child up by its labels takes longer than counting; the server has few of them."""
    return metric.labels(*labels)


def count_request(path: str, status: int, seconds: float) -> None:
    """Counts a request answered after so many seconds; `path` is one of the server's own, or "other"."""
    _children(REQUESTS, path, str(status)).inc()
    _children(SECONDS, path).observe(seconds)


def count_image(model: str, status: str) -> None:
    """Counts an image that was answered with a status of `Predictions`, or "error"."""
    _children(IMAGES, model, status).inc()


def count_early_refusal() -> None:
    """Counts a request that was refused before it was looked at."""
    _children(REFUSED, "early").inc()
    _children(REQUESTS, "early", "503").inc()


def exposition() -> bytes:
    """All workers' figures in Prometheus's text format."""
    if FOLDER not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
