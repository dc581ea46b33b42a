"""Rows on disk that survive a kill: whole lines are appended, a torn last line is cut off when the run goes on."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path


def by_sample(rows: Iterable[dict], seed: int = 0) -> dict[str, dict[str, dict]]:
    """{id: {condition: row}} of one seed."""
    found: dict[str, dict[str, dict]] = {}
    for row in rows:
        if row["seed"] == seed:
            found.setdefault(row["id"], {})[row["condition"]] = row
    return found


def read_rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


class Results:
    """A JSONL file of rows, open for appending and locked, so that two runs can't write each row twice."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a+b")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"{path}: another run is writing to it.") from None
        self.file.seek(0)
        content = self.file.read()
        whole = content.rfind(b"\n") + 1
        self.file.truncate(whole)
        self.rows = [json.loads(line) for line in content[:whole].splitlines()]

    def append(self, row: dict) -> None:
        self.file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())
        self.file.flush()
        os.fsync(self.file.fileno())
        self.rows.append(row)

    def close(self) -> None:
        self.file.close()
