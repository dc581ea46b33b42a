"""Warned texts from a folder of labelled corpora. Their text never enters the repository: results name it by hash."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from backfire_lab.ground_truth.sample import Sample, code_points, window_of, without_frame, without_outer_breaks
from backfire_lab.ground_truth.tokens import Tokens


@dataclass(frozen=True)
class Selection:
    seed: int = 20
    per_source: int = 12
    total: int = 165  # sources with more to give fill up for those with fewer
    longest_text: int = 350  # tokens of the window, to keep a run short
    longest_payload: int = 200
    shortest_payload: int = 5


SELECTION = Selection()


def sample_of(item: dict) -> Sample | None:
    """The product's window around frame and payload; None where they overlap or nothing would be left of the text."""
    text = item["text"]
    frame = code_points(text, item["frame_span"])
    payload = without_outer_breaks(text, code_points(text, item["payload_span"]))
    if frame.overlaps(payload) or not payload.of(text).strip() or not frame.of(text).strip():
        return None
    window = window_of(text, frame, payload)
    sample = Sample(
        id=item["id"],
        source=item["source"],
        language=item["language"] or "",
        text=window.of(text),
        frame=frame.moved(-window.start),
        payload=payload.moved(-window.start),
        fix=item["fix"] or None,
        category=item["category"],
    )
    return sample if without_frame(sample).text.strip() else None


def affordable(sample: Sample, tokens: Tokens, selection: Selection) -> bool:
    payload = tokens.count(sample.payload.of(sample.text))
    return (
        selection.shortest_payload <= payload <= selection.longest_payload
        and tokens.count(sample.text) <= selection.longest_text
    )


def in_turn(samples: list[Sample]) -> list[Sample]:
    """Samples of one source, its categories and languages by turns, the rarest first."""
    groups: dict[tuple, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[(sample.category, sample.language)].append(sample)
    queues = sorted(groups.items(), key=lambda entry: (len(entry[1]), entry[0]))
    return [queue[i] for i in range(max(map(len, groups.values()), default=0)) for _, queue in queues if i < len(queue)]


def warned_samples(corpora: Path, tokens: Tokens, selection: Selection = SELECTION) -> list[Sample]:
    """A selection that is balanced over sources, and within them over categories and languages; the same for a seed."""
    offered: dict[str, list[Sample]] = {}
    seen = set()
    for path in sorted((corpora / "dev").glob("*.jsonl")):
        items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        samples = [sample_of(item) for item in items if item["label"] == "warned"]
        unique = []
        for sample in samples:
            payload = sample and hashlib.sha256(sample.payload.of(sample.text).encode()).digest()
            if sample and payload not in seen and affordable(sample, tokens, selection):
                seen.add(payload)
                unique.append(sample)
        random.Random(f"{selection.seed} {path.stem}").shuffle(unique)
        if unique:
            offered[path.stem] = in_turn(unique)
    chosen = {source: samples[: selection.per_source] for source, samples in offered.items()}
    rank = selection.per_source
    while sum(map(len, chosen.values())) < selection.total and any(len(s) > rank for s in offered.values()):
        for source, samples in offered.items():
            if rank < len(samples) and sum(map(len, chosen.values())) < selection.total:
                chosen[source].append(samples[rank])
        rank += 1
    return [sample for samples in chosen.values() for sample in samples]


def summary(samples: list[Sample]) -> dict:
    """Counts for the saved configuration."""
    count = lambda of: dict(sorted(Counter(of(s) for s in samples).items()))
    return {
        "count": len(samples),
        "sources": count(lambda s: s.source),
        "categories": count(lambda s: s.category or s.kind or ""),
        "languages": count(lambda s: s.language),
    }


def settings(selection: Selection = SELECTION) -> dict:
    return asdict(selection)
