"""A cluster of its own for the room: a head that gives no core away, and two nodes of one core each."""

import os
import secrets

import pytest

os.environ |= {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
    "RAY_USAGE_STATS_ENABLED": "0",
}


@pytest.fixture(scope="package")
def started_cluster():
    """The cluster, of real processes; it ends with the tests of this room."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        yield made
    finally:
        made.shutdown()


@pytest.fixture
def two_nodes(started_cluster):
    """The cluster with two nodes, also after a test that removed one, in whatever order they run."""
    for node in list(started_cluster.worker_nodes):
        if not node.remaining_processes_alive():  # it ended by itself
            started_cluster.remove_node(node, allow_graceful=False)
    while len(started_cluster.worker_nodes) < 2:
        started_cluster.add_node(num_cpus=1)
    started_cluster.wait_for_nodes()
    return started_cluster


@pytest.fixture
def cluster(two_nodes):
    """This process, connected to it."""
    from inklens.cluster import connected

    with connected(two_nodes.address) as here:
        yield here
