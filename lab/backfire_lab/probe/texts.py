"""What the probe learns from, and the forms in which it is tried.

Flagged texts are payloads without a frame (direct), the others their fixes and ordinary code: all are code after the fence that
opens a code block, so nothing but the code tells them apart.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from backfire_lab.ground_truth.conditions import chat, dressed_like
from backfire_lab.ground_truth.learner import neutral_context
from backfire_lab.ground_truth.own_samples import own_samples
from backfire_lab.ground_truth.sample import Placed, Sample, Span, with_frame, without_frame
from backfire_lab.ground_truth.wordings import CHAT_PREAMBLES, LONG_AFTER, LONG_BEFORE, PARAPHRASES, chosen

LONGEST = 1500  # code points of a payload: what is longer is cut, so that texts cost alike
ORDINARY = {"ordinary_plain", "ordinary_keyword"}
# As long as a short warning, and says nothing against what follows: what any sentence before the code does to the probe.
NEUTRAL = "The following lines are part of the program."
WORDINGS = {"paraphrase": 2, "preamble": 3}  # of each kind, for one sample


@dataclass(frozen=True)
class Labelled:
    text: Placed
    flagged: bool
    source: str
    category: str


def after_fence(code: str, language: str) -> Placed:
    context = neutral_context(language)
    code = code.strip("\n")[:LONGEST]
    return Placed(context + code, Span(len(context), len(context) + len(code)))


def corpus_texts(corpora: Path) -> list[Labelled]:
    """Direct payloads, fixes and ordinary code of the labelled corpora, each text once."""
    found, seen = [], set()

    def add(item: dict, code: str, flagged: bool) -> None:
        if len(code.strip()) >= 8 and code.strip() not in seen:
            seen.add(code.strip())
            text = after_fence(code, item["language"] or "")
            found.append(Labelled(text, flagged, item["source"], item["category"]))

    for path in sorted((corpora / "dev").glob("*.jsonl")):
        for item in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if item["label"] == "direct":
                add(item, item["payload_clean"] or item["payload"], True)
            elif item["label"] == "warned" and item["fix"]:
                add(item, item["fix"], False)
            elif item.get("safe_kind") in ORDINARY:
                add(item, item["text"], False)
    return found


def own_texts(samples: list[Sample] | None = None) -> list[Labelled]:
    """The project's own payloads and their fixes."""
    found = []
    for sample in samples or own_samples():
        if sample.fix:
            for code, flagged in ((sample.payload.of(sample.text), True), (sample.fix, False)):
                found.append(Labelled(after_fence(code, sample.language), flagged, "own", sample.kind or ""))
    return found


def forms_of(sample: Sample) -> dict[str, Placed]:
    """The same payload under every framing that the probe is tried with; `direct` is how it was trained."""
    bare = without_frame(sample)
    forms = {
        "direct": after_fence(sample.payload.of(sample.text), sample.language),
        "bare": bare,
        "warned": Placed(sample.text, sample.payload),
        "neutral sentence": with_frame(sample, dressed_like(sample.frame.of(sample.text), NEUTRAL)),
        "long warning": prefixed(f"{LONG_BEFORE}\n\n", bare, f"\n\n{LONG_AFTER}\n"),
        "reformatted": reformatted(sample),
    }
    for i in taken(PARAPHRASES, sample, WORDINGS["paraphrase"]):
        forms[f"paraphrase {i + 1}"] = with_frame(sample, dressed_like(sample.frame.of(sample.text), PARAPHRASES[i]))
    for i in taken(CHAT_PREAMBLES, sample, WORDINGS["preamble"]):
        question, preamble = CHAT_PREAMBLES[i]
        whole, body = chat(question, preamble, bare.text), bare.text.strip("\n")
        breaks = len(bare.text) - len(bare.text.lstrip("\n"))
        forms[f"preamble {i + 1}"] = Placed(whole, bare.payload.moved(whole.index(body) - breaks))
    return forms


def taken(wordings: tuple, sample: Sample, count: int) -> list[int]:
    """The wordings that a sample gets, by the hash of its id: over all samples, each about as often."""
    first = chosen(wordings, sample.id)
    return [(first + i) % len(wordings) for i in range(count)]


def prefixed(before: str, placed: Placed, after: str) -> Placed:
    return Placed(before + placed.text.rstrip("\n") + after, placed.payload.moved(len(before)))


def reformatted(sample: Sample) -> Placed:
    """The direct form with four spaces of indentation more, no blank lines and no blanks at the ends of lines."""
    lines = [line.rstrip() for line in sample.payload.of(sample.text).split("\n")]
    return after_fence("\n".join(f"    {line}" for line in lines if re.search(r"\S", line)), sample.language)


