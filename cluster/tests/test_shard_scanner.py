"""One actor without Ray, with the real process and the real model."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import ARGUMENTS, COMMAND, lines_of

from backfire_cluster.shard_scanner import ScanJob, ShardScanner


@pytest.fixture
def job(folder, tmp_path):
    def make(command=COMMAND, arguments=ARGUMENTS):
        return ScanJob(
            command=command,
            serve_options=("--threads", "1", "--no-cache"),
            folder=str(folder),
            arguments=arguments,
            shards=1,
            reports=str(tmp_path),
        )

    return make


@pytest.fixture
def scanner_of():
    scanners = []

    def make(job):
        scanners.append(ShardScanner(job))
        return scanners[-1]

    yield make
    for scanner in scanners:
        scanner.child.close()


def without_shard(lines):
    del lines[0]["options"]["shard"]
    return lines


def test_a_process_killed_in_the_middle_is_replaced_and_nothing_is_lost(job, scanner_of, alone, tmp_path):
    scanner = scanner_of(job())
    first = scanner.child.process_id

    def kill_when_begun():
        while not any("finding" in path.read_text() for path in tmp_path.glob("*.partial")):
            time.sleep(0.01)
        os.kill(first, signal.SIGKILL)

    killer = threading.Thread(target=kill_when_begun)
    killer.start()
    outcome = scanner({"shard": [1]})
    killer.join()
    assert outcome == {"shard": [1], "failure": [""], "deaths": [1]}
    assert scanner.child.process_id != first
    lines = without_shard(lines_of(scanner.job.report(1)))
    assert lines[-1].pop("resumed") is True
    assert lines[:-1] == alone[:-1]


def test_what_the_process_dies_of_is_recorded_and_all_else_is_scanned(job, scanner_of, alone, monkeypatch):
    poison = [{"path": "corpus/guide2.md"}, {"path": "corpus/records.jsonl", "record": 2}]
    monkeypatch.setenv("POISON", json.dumps(poison))
    shim = Path(__file__).with_name("dies_of_poison.py")
    scanner = scanner_of(job(command=(sys.executable, str(shim), *COMMAND)))
    assert scanner.scan(1) == ("", 4)

    lines = lines_of(scanner.job.report(1))
    crashed = [line for line in lines if line.get("reason") == "crashed"]
    assert [{key: line[key] for key in ("path", "record") if key in line} for line in crashed] == poison
    assert lines[-1]["lost"] == alone[-1]["lost"] + 2

    def findings(report):
        return {line["id"]: line for line in report if line["type"] == "finding"}

    missing = {line["id"] for line in alone if line.get("source", {}).get("path") == "corpus/guide2.md"} | {"r1"}
    assert findings(lines) == {name: line for name, line in findings(alone).items() if name not in missing}


def test_wrong_arguments_are_told_in_backfires_words(job, scanner_of):
    failure, deaths = scanner_of(job(arguments=("corpus", "--min-level", "huge"))).scan(1)
    assert "--min-level" in failure and "huge" in failure
    assert deaths == 0
