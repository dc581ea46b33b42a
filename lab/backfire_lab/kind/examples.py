"""The texts that the classifier of kinds learns from: our own, hand labels, and the corpora's noisy `category`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .features import cut_texts, features, utf16

DATA = Path(__file__).resolve().parents[2] / "data"
OWN_FILES = ["samples.jsonl", "kind-samples.jsonl"]
OWN = "own"

# `category` is a word match or the kind of the whole source; `bug` also holds matters of performance.
CATEGORY_KINDS = {"security": "security", "bug": "correctness", "style": "style"}


@dataclass(frozen=True)
class Example:
    id: str
    source: str
    kind: str
    # own | unframed | hand | category
    origin: str
    sure: bool
    text: str
    frame: tuple[int, int] | None
    payload: tuple[int, int]
    # `kind` of the hand label beside the noisy one, for measuring.
    second: str | None = None

    def features(self) -> tuple[list[float], dict[int, float]]:
        return features(cut_texts(self.text, self.frame, self.payload))


def read_jsonl(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def own_examples() -> list[Example]:
    return [
        Example(
            record["id"], OWN, record["kind"], OWN, True, record["text"], tuple(record["frame"]), tuple(record["payload"])
        )
        for name in OWN_FILES
        for record in read_jsonl(DATA / name)
    ]


def unframed(examples: list[Example]) -> list[Example]:
    """The same once more as they are scored without spans: the whole text, and the payload alone."""
    found = []
    for example in examples:
        payload = utf16(example.text)[2 * example.payload[0] : 2 * example.payload[1]].decode("utf-16-le")
        for name, text in (("whole", example.text), ("payload", payload)):
            span = (0, len(utf16(text)) // 2)
            found.append(Example(f"{example.id}-{name}", OWN, example.kind, "unframed", True, text, None, span))
    return found


def corpus_examples(corpora: Path, labels: Path | None) -> list[Example]:
    """All warned texts: with the hand label where there is one, else with the category's kind."""
    hand = {} if labels is None else {label["id"]: label for label in read_jsonl(labels)}
    found = []
    for path in sorted((corpora / "dev").glob("*.jsonl")):
        for item in read_jsonl(path):
            if item["label"] != "warned":
                continue
            label = hand.get(item["id"])
            if label is not None and label["sha256"] != hashlib.sha256(item["text"].encode()).hexdigest():
                raise ValueError(f"{item['id']}: the label is of another text")
            category = CATEGORY_KINDS.get(item["category"])
            if label is None and category is None:
                continue
            found.append(
                Example(
                    id=item["id"],
                    source=item["source"],
                    kind=category if label is None else label["kind"],
                    origin="category" if label is None else "hand",
                    sure=label is not None and label["sure"],
                    text=item["text"],
                    frame=tuple(item["frame_span"]),
                    payload=tuple(item["payload_span"]),
                    second=None if label is None else label.get("second"),
                )
            )
    return found
