"""The whole scan on a real cluster of two nodes on this machine."""

import pytest
import ray
from conftest import ARGUMENTS, COMMAND, lines_of
from ray.cluster_utils import Cluster

from backfire_cluster.scan import ScanError, scan, start_ray
from backfire_cluster.shard_scanner import ScanJob


@pytest.fixture
def two_nodes():
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    other = cluster.add_node(num_cpus=1)
    start_ray(cluster.address)
    yield cluster, other
    ray.shutdown()
    cluster.shutdown()


def job_of(folder, output, shards=8):
    return ScanJob(
        command=COMMAND,
        serve_options=("--threads", "1", "--no-cache"),
        folder=str(folder),
        arguments=ARGUMENTS,
        shards=shards,
        reports=str(output / "shards"),
    )


def test_gives_line_for_line_what_one_machine_gives_though_a_node_dies(two_nodes, folder, alone, tmp_path):
    cluster, other = two_nodes
    told = []

    def kill_a_node(text):
        if not told:
            cluster.remove_node(other, allow_graceful=False)
        told.append(text)

    assert {node["Alive"] for node in ray.nodes()} == {True} and len(ray.nodes()) == 2
    result = scan(job_of(folder, tmp_path), tmp_path, progress=kill_a_node)
    assert [node["Alive"] for node in ray.nodes()].count(True) == 1
    assert lines_of(result.report) == alone
    assert result.code == 3
    assert len(told) == 8 and told[-1].startswith("8 of 8 shards")
    assert len(list((tmp_path / "shards").iterdir())) == 8

    # A second run finds every shard done; another scan is refused in the same folder.
    assert scan(job_of(folder, tmp_path), tmp_path) == result
    with pytest.raises(ScanError, match="another scan"):
        scan(job_of(folder, tmp_path, shards=4), tmp_path)
