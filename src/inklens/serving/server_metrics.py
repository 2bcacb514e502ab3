"""What a server counts about itself, for Prometheus: of all workers together, in files that they share.

The folder is named by `PROMETHEUS_MULTIPROC_DIR`, which must be set before this module is imported.
"""

import os

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


def exposition() -> bytes:
    """All workers' figures in Prometheus's text format."""
    if FOLDER not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
