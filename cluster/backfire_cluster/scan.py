"""A scan on a Ray cluster, from the shards to one report."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ray
from ray.data import ActorPoolStrategy, DataContext

import backfire_cluster

from .shard_scanner import ScanJob, ShardScanner

ACTOR_BYTES = 1_300_000_000
"""Memory of an actor: its engine holds up to 1 GB, the rest is Node and Python."""


class ScanError(Exception):
    """The scan cannot be made, or not all of it; the message says what to do."""


@dataclass(frozen=True)
class ScanResult:
    report: Path
    code: int
    """As `backfire scan` ends."""


def start_ray(address: str | None, cpus: int | None = None) -> None:
    """Joins the cluster at `address` (`auto` for the one that this machine belongs to), or starts Ray on this machine."""
    # Nothing leaves the machines.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    local = {} if address else {"num_cpus": cpus, "include_dashboard": False}
    ray.init(
        address=address,
        # An actor's folder need not be the one that this module was imported from.
        runtime_env={"py_modules": [backfire_cluster]},
        log_to_driver=False,
        logging_level="warning",
        **local,
    )


def scan(
    job: ScanJob,
    output: Path,
    *,
    threads: int = 1,
    actors: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> ScanResult:
    """Scans all shards on the cluster that Ray is connected to, and joins their reports to `output`/report.jsonl.

    Shards whose report is there already are not scanned again.
    """
    remember(job, output)
    DataContext.get_current().enable_progress_bars = False
    most = actors or most_actors(threads)
    started = time.monotonic()
    outcomes = (
        ray.data.from_items([{"shard": shard} for shard in range(1, job.shards + 1)], override_num_blocks=job.shards)
        .map_batches(
            ShardScanner,
            batch_size=1,
            fn_constructor_args=[job],
            # The pool may lose machines and go on with what is left. One shard waits at each actor, no more: a slow
            # actor must not hold what others could do.
            compute=ActorPoolStrategy(min_size=1, max_size=most, initial_size=most, max_tasks_in_flight_per_actor=2),
            num_cpus=threads,
            memory=ACTOR_BYTES,
        )
        .iter_rows()
    )
    failures = {}
    for done, outcome in enumerate(outcomes, 1):
        if outcome["failure"]:
            failures[outcome["shard"]] = outcome["failure"]
        died = f" · {outcome['deaths']} deaths of its process" if outcome["deaths"] else ""
        progress(f"{done} of {job.shards} shards · {time.monotonic() - started:.0f} s{died}")
    if failures:
        named = "\n".join(f"  shard {shard}/{job.shards}: {why}" for shard, why in sorted(failures.items()))
        raise ScanError(f"not scanned:\n{named}\nThe same command scans these shards again, and no others.")
    return merged(job, output)


def remember(job: ScanJob, output: Path) -> None:
    """Writes down what is scanned; refuses a folder that holds the shards of another scan."""
    reports = Path(job.reports)
    reports.mkdir(parents=True, exist_ok=True)
    wanted = {"arguments": list(job.arguments), "folder": job.folder, "shards": job.shards}
    manifest = output / "scan.json"
    if not manifest.exists():
        manifest.write_text(json.dumps(wanted, indent=1) + "\n")
    elif json.loads(manifest.read_text()) != wanted:
        raise ScanError(f"{output} holds another scan ({manifest} says which): name another folder, or delete it")


def most_actors(threads: int) -> int:
    """As many as the cluster has processors and memory for."""
    resources = ray.cluster_resources()
    return max(1, min(int(resources.get("CPU", 1) // threads), int(resources.get("memory", 0) // ACTOR_BYTES)))


def merged(job: ScanJob, output: Path) -> ScanResult:
    report = output / "report.jsonl"
    reports = [str(job.report(shard)) for shard in range(1, job.shards + 1)]
    done = subprocess.run(
        [*job.command, "merge", str(report), *reports], cwd=job.folder, stderr=subprocess.PIPE, text=True
    )
    if done.returncode not in (0, 3):
        raise ScanError(done.stderr.strip())
    for left in Path(job.reports).glob("*-of-*.*.jsonl*"):
        left.unlink()
    return ScanResult(report, done.returncode)
