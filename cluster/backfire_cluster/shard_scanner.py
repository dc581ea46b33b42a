"""What an actor does: scans shards with one warm process, and replaces the process when it dies."""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from .serve_child import ChildDied, Place, Refused, ServeChild

MOST_DEATHS = 20
"""Deaths of the process over one shard after which something else must be wrong than a text."""


@dataclass(frozen=True)
class ScanJob:
    """One scan, the same on every machine. All paths are on a file system that every machine sees."""

    command: tuple[str, ...]
    """How Backfire is called."""
    serve_options: tuple[str, ...]
    folder: str
    """Where paths count from."""
    arguments: tuple[str, ...]
    """Paths and options of `backfire scan`, but for the shard and the output."""
    shards: int
    reports: str
    """Folder of the shards' reports."""

    def report(self, shard: int) -> Path:
        return Path(self.reports) / f"{shard:06}-of-{self.shards:06}.jsonl"


class ShardScanner:
    """Callable of Ray Data: a batch of shard numbers in, their outcomes out."""

    def __init__(self, job: ScanJob):
        self.job = job
        self.child = self._start()

    def __call__(self, batch: dict) -> dict:
        shards = [int(shard) for shard in batch["shard"]]
        outcomes = [self.scan(shard) for shard in shards]
        return {
            "shard": shards,
            "failure": [failure for failure, _ in outcomes],
            "deaths": [deaths for _, deaths in outcomes],
        }

    def scan(self, shard: int) -> tuple[str, int]:
        """Makes the report of a shard; returns why it could not, or an empty string, and how often the process died.

        The report grows under a name of its own: a machine that is thought to be dead may still write to another.
        When the process dies, the next one goes on where it stopped. When that one dies of the same text, the text is
        recorded in the report, and passed by.
        """
        report = self.job.report(shard)
        if report.exists():
            return "", 0
        growing = report.with_name(f"{report.stem}.{uuid.uuid4().hex}.jsonl")
        arguments = [*self.job.arguments, "--shard", f"{shard}/{self.job.shards}", "--output", str(growing)]
        crashed: list[Place] = []
        suspect: Place | None = None
        for deaths in range(MOST_DEATHS):
            try:
                answer = self.child.request("scanShard", {"args": arguments, "crashed": crashed})
            except Refused as error:
                return str(error), deaths
            except ChildDied as error:
                death = error
                if suspect is not None and self.child.begun == suspect:
                    crashed.append(suspect)
                suspect = self.child.begun
                self.child.close()
                self.child = self._start()
                continue
            if answer["code"] not in (0, 1, 3):
                return f"the scan ended with exit code {answer['code']}", deaths
            os.replace(growing, report)
            return "", deaths
        return f"the process died {MOST_DEATHS} times, the last time by {death}", MOST_DEATHS

    def _start(self) -> ServeChild:
        return ServeChild(self.job.command, self.job.serve_options, self.job.folder)
