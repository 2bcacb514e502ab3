"""A cluster of several nodes on this machine, each a real Ray node with one core."""

import os
import secrets
from typing import Any, Self


class Nodes:
    """A head without cores, and so many nodes of one core; a context that leaves no process.

    Args:
        count: of nodes with a core.
        memory: bytes of each node's object store.
    """

    def __init__(self, count: int, memory: int = 300_000_000) -> None:
        self._count, self._memory = count, memory

    def __enter__(self) -> Self:
        os.environ |= {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": os.environ.get("RAY_AUTH_TOKEN") or secrets.token_hex(32),  # read once
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": self._memory}
        self._cluster: Any = Cluster(initialize_head=True, head_node_args=head)
        self.fill_up()
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.shutdown()

    @property
    def address(self) -> str:
        """To connect to."""
        return str(self._cluster.address)

    def fill_up(self) -> None:
        """Starts what is missing."""
        while len(self._cluster.worker_nodes) < self._count:
            self._cluster.add_node(num_cpus=1, object_store_memory=self._memory)

    def replace_one(self) -> None:
        """Removes a node as if its machine had lost its power, and starts another."""
        self._cluster.remove_node(next(iter(self._cluster.worker_nodes)), allow_graceful=False)
        self.fill_up()
