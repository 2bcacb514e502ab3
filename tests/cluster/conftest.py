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
def two_nodes():
    """The cluster, of real processes; it ends with the tests of this room."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        for _ in range(2):
            made.add_node(num_cpus=1)
        yield made
    finally:
        made.shutdown()


@pytest.fixture
def cluster(two_nodes):
    """This process, connected to it."""
    from inklens.cluster import connected

    while len(two_nodes.worker_nodes) < 2:  # a test has removed one
        two_nodes.add_node(num_cpus=1)
    two_nodes.wait_for_nodes()
    with connected(two_nodes.address) as here:
        yield here
