"""What the classifier of kinds sees of a sample. `src/analysis/kind/features.ts` computes exactly the same.

Three texts: the frame, its context (the heading above, prose before, between and after) and the payload, each cut to a
fixed number of UTF-16 units, so that the time does not depend on the size of the document. Neither path nor source is
looked at.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from .lexicon import LEXICON

KINDS = ["security", "correctness", "unsafe-instruction", "performance", "style", "other"]

# Lengths in UTF-16 units.
FRAME = 1000
PAYLOAD = 2000
BEFORE = 600
AFTER = 300
BETWEEN = 600
HEADING_REACH = 4000

# A word that stands only in the context counts less than one in the frame.
CONTEXT_SHARE = 0.6
BUCKETS = 4096

LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
LINE_START = re.compile(r"\n[ \t]*(?://+|#+|\*+|--+|>+|;+)[ \t]*", re.ASCII)
BLANKS = re.compile(r"[ \t\r\n]+", re.ASCII)
HEADING = re.compile(r"(?:^|\n)#{1,6} +([^\n]+)|(?:^|\n)([^\n]+)\n(?:={3,}|-{3,}|~{3,})(?=\n)", re.ASCII)
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)
SUBWORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", re.ASCII)
COMMENT = re.compile(r"(?://|#|--|/\*|<!--)[^\n]*", re.ASCII)
PATTERNS = [
    (kind, name, where, re.compile(pattern, re.ASCII))
    for kind, entries in LEXICON.items()
    for name, where, pattern in entries
]
# From this many entries of one kind on, more of them say nothing new.
ENTRIES = 4


@dataclass(frozen=True)
class Texts:
    frame: str
    context: str
    payload: str


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def cut_texts(text: str, frame: tuple[int, int] | None, payload: tuple[int, int]) -> Texts:
    """Spans are [start, end) in UTF-16 units."""
    units = utf16(text)
    length = len(units) // 2

    def cut(start: int, end: int) -> str:
        return units[2 * max(0, start) : 2 * max(0, end)].decode("utf-16-le", "surrogatepass")

    first, last = frame if frame is not None and frame[0] < payload[0] else payload, payload
    if frame is not None and frame[1] > payload[1]:
        last = frame
    between = ""
    if frame is not None:
        gap_start, gap_end = (frame[1], payload[0]) if frame[0] < payload[0] else (payload[1], frame[0])
        between = cut(gap_start, min(gap_end, gap_start + BETWEEN)) if gap_start < gap_end else ""
    before = cut(first[0] - BEFORE, first[0])
    after = cut(last[1], min(length, last[1] + AFTER))
    reach = cut(first[0] - HEADING_REACH, first[0])
    shown = cut(payload[0], min(payload[1], payload[0] + PAYLOAD))
    return Texts(
        frame="" if frame is None else cut(frame[0], min(frame[1], frame[0] + FRAME)),
        # Without a frame the payload itself is all that can say what is wrong.
        context="\n".join(
            [heading_of(reach), before, between, after, *([shown] if frame is None else COMMENT.findall(shown))]
        ),
        payload=shown,
    )


def heading_of(text: str) -> str:
    """The last heading of Markdown or reStructuredText in the text."""
    heading = ""
    for match in HEADING.finditer(text):
        heading = match.group(1) or match.group(2)
    return heading


def flat(text: str) -> str:
    """Lower case, comment signs at line starts dropped, white space single: what the patterns look at."""
    return BLANKS.sub(" ", LINE_START.sub(" ", "\n" + text.translate(LOWER)))


def fnv1a(token: str) -> int:
    """Of ASCII text: http://www.isthe.com/chongo/tech/comp/fnv/"""
    value = 0x811C9DC5
    for byte in token.encode("ascii"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def words(text: str) -> list[str]:
    return [word.translate(LOWER) for word in IDENTIFIER.findall(text)]


def prose_tokens(text: str) -> list[str]:
    found = words(text)
    return [f"w:{word}" for word in found] + [f"w:{a} {b}" for a, b in zip(found, found[1:])]


def payload_tokens(text: str) -> list[str]:
    tokens = []
    for identifier in IDENTIFIER.findall(text):
        tokens.append(f"p:{identifier.translate(LOWER)}")
        parts = SUBWORD.findall(identifier)
        if len(parts) > 1:
            tokens.extend(f"p:{part.translate(LOWER)}" for part in parts)
    return tokens


def structure(texts: Texts) -> list[tuple[str, float]]:
    payload = texts.payload
    letters = sum(1 for c in payload if "a" <= c <= "z" or "A" <= c <= "Z" or c == " ")
    length = len(utf16(payload)) // 2
    share = letters / length if length > 0 else 0.0
    return [
        ("no frame", 1.0 if texts.frame == "" else 0.0),
        ("frame length", math.log1p(len(utf16(texts.frame)) // 2) / 7),
        ("payload lines", math.log1p(payload.count("\n")) / 5),
        ("payload letters", share),
        ("payload reads as prose", 1.0 if share > 0.9 and length > 0 else 0.0),
    ]


def feature_names() -> list[str]:
    names = []
    for _, name, where, _ in PATTERNS:
        if where in ("prose", "both"):
            names.append(f"prose: {name}")
        if where in ("payload", "both"):
            names.append(f"payload: {name}")
    counts = [f"{where} entries: {kind}" for kind in KINDS for where in ("prose", "payload")]
    return names + counts + [name for name, _ in structure(Texts("", "", ""))]


def features(texts: Texts) -> tuple[list[float], dict[int, float]]:
    """Dense part (patterns, their number by kind, structure) and hashed words: bucket → value, each of the two groups of length 1."""
    frame, context, payload = flat(texts.frame), flat(texts.context), flat(texts.payload)
    dense: list[float] = []
    prose_entries = dict.fromkeys(KINDS, 0.0)
    payload_entries = dict.fromkeys(KINDS, 0.0)
    for kind, _, where, pattern in PATTERNS:
        if where in ("prose", "both"):
            value = 1.0 if pattern.search(frame) else CONTEXT_SHARE if pattern.search(context) else 0.0
            prose_entries[kind] += value
            dense.append(value)
        if where in ("payload", "both"):
            value = 1.0 if pattern.search(payload) else 0.0
            payload_entries[kind] += value
            dense.append(value)
    for kind in KINDS:
        dense.extend(min(counts[kind], ENTRIES) / ENTRIES * 2 for counts in (prose_entries, payload_entries))
    dense.extend(value for _, value in structure(texts))

    hashed: dict[int, float] = {}
    prose: dict[int, float] = {}
    for token in prose_tokens(texts.context):
        prose[fnv1a(token) % BUCKETS] = CONTEXT_SHARE
    for token in prose_tokens(texts.frame):
        prose[fnv1a(token) % BUCKETS] = 1.0
    code = {fnv1a(token) % BUCKETS: 1.0 for token in payload_tokens(texts.payload)}
    for group in (prose, code):
        norm = math.sqrt(sum(value * value for value in group.values())) or 1.0
        for bucket, value in group.items():
            hashed[bucket] = hashed.get(bucket, 0.0) + value / norm
    return dense, hashed
