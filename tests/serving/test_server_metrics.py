from pathlib import Path

from prometheus_client import REGISTRY

from inklens.serving import server_metrics

DOCS = Path(__file__).parents[2] / "docs/serve.md"


def test_the_docs_name_every_metric():
    text = DOCS.read_text(encoding="utf-8")
    metrics = [metric for metric in REGISTRY.collect() if metric.name.startswith("inklens")]
    assert metrics
    for metric in metrics:
        assert f"`{metric.name}{'_total' if metric.type == 'counter' else ''}`" in text


def test_what_is_live_ends_with_its_worker():
    for gauge in (server_metrics.QUEUE, server_metrics.MODEL):
        assert gauge._multiprocess_mode.startswith("live")
