"""The samples that this project wrote, lab/data/samples.jsonl, and the filler, lab/data/filler.jsonl.

A line of samples.jsonl: id, language, kind, text, frame and payload as [start, end) in UTF-16 code units, fix, and, for
payloads in prose, negated: the payload with each claim negated within its own sentence.
"""

from __future__ import annotations

import json
from pathlib import Path

from backfire_lab.ground_truth.sample import Sample, code_points, without_outer_breaks

DATA = Path(__file__).resolve().parents[2] / "data"
SAMPLES, FILLER = DATA / "samples.jsonl", DATA / "filler.jsonl"
SOURCE = "own"


def own_samples(path: Path = SAMPLES) -> list[Sample]:
    return [own_sample(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def own_sample(row: dict) -> Sample:
    text = row["text"]
    return Sample(
        id=row["id"],
        source=SOURCE,
        language=row["language"],
        text=text,
        frame=code_points(text, row["frame"]),
        payload=without_outer_breaks(text, code_points(text, row["payload"])),
        fix=row["fix"],
        negated=row.get("negated"),
        kind=row["kind"],
    )


def filler_texts(path: Path = FILLER) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
