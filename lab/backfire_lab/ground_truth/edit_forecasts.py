"""What the product forecasts of each condition's text: how much it still teaches of the sample's payload.

The product scores a sample, its bare and frame-only versions, and the sample with its payload masked. An edit is handed to it as a
text of its own. Where the payload no longer stands in it, the text gets the payload behind it: its frame-only version is then the edit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from backfire_lab.ground_truth.conditions import training_texts
from backfire_lab.ground_truth.forecast import score_line, scored, utf16, value
from backfire_lab.ground_truth.sample import Sample, Span

OF_SAMPLE = {"sample": "taught", "bare": "taughtBare", "frame-only": "taughtFrameOnly", "masked": "taughtMasked"}
CUT = "longer than the model's window"  # the note of a text that was measured in pieces
Forecasts = dict[str, dict[str, float]]  # {id: {condition: nats per payload token}}


def edit_line(sample: Sample, text: str) -> tuple[dict, str]:
    """A line of `backfire score` for a text that was made of the sample, and the measure that forecasts it."""
    payload = sample.payload.of(sample.text)
    start = text.find(payload)
    if start != -1:
        span = Span(start, start + len(payload))
        return {"text": text, "payload": utf16(text, span), "language": sample.language}, "taught"
    both = text + payload
    span = Span(len(text), len(both))
    # A frame that is deleted only in the bare version, which is not read here: the first character serves.
    line = {"text": both, "frame": utf16(both, Span(0, 1)), "payload": utf16(both, span), "language": sample.language}
    return line, "taughtFrameOnly"


def forecasts(samples: Iterable[Sample], conditions: dict[str, set[str]]) -> Forecasts:
    """By the built product, for the conditions that are asked for of each id. Texts that do not fit into one run are left out."""
    lines, wanted = [], []
    for sample in samples:
        asked = conditions[sample.id]
        if of_sample := {name: measure for name, measure in OF_SAMPLE.items() if name in asked}:
            lines.append(score_line(sample))
            wanted.append((sample.id, of_sample))
        texts = training_texts(sample)
        for name in sorted(asked & texts.keys() - OF_SAMPLE.keys()):
            line, measure = edit_line(sample, texts[name].text)
            lines.append(line)
            wanted.append((sample.id, {name: measure}))
    found: Forecasts = {}
    for line in scored([{"id": number, **line} for number, line in enumerate(lines)]):
        name, measures = wanted[line["id"]]
        if not any(CUT in note for note in line["notes"]):
            found.setdefault(name, {}).update({c: round(value(line["measures"], m), 5) for c, m in measures.items()})
    return found


def read(path: Path) -> Forecasts:
    return {row.pop("id"): row for row in map(json.loads, path.read_text().splitlines())} if path.exists() else {}


def kept(samples: Path, edits: Path) -> Forecasts:
    """Of forecast.py's file, and of the edits beside it."""
    found = {row["id"]: row["forecast"] for row in map(json.loads, samples.read_text().splitlines())}
    for name, row in read(edits).items():
        found[name] = {**found.get(name, {}), **row}
    return found


def write(path: Path, found: Forecasts) -> None:
    rows = [json.dumps({"id": name, **dict(sorted(row.items()))}) for name, row in sorted(found.items())]
    path.write_text("".join(f"{row}\n" for row in rows))
