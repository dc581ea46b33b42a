"""A sample, and its versions as the product makes them: bare, frame-only, and cut out of a longer document.

Spans index Python strings, in code points. Files give spans in UTF-16 code units, as everywhere in this project:
`code_points` converts them where a file is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CONTEXT_BEFORE = 300  # kept before the first of frame and payload; as in src/analysis/sampleWindow.ts, in code points here
REST_OF_LINE = 200  # up to which the line of the last of them is finished


@dataclass(frozen=True)
class Span:
    """[start, end)"""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def moved(self, by: int) -> Span:
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True)
class Sample:
    id: str
    source: str
    language: str  # of the neutral context's fence; '' for none
    text: str
    frame: Span
    payload: Span  # without line breaks at its ends
    fix: str | None = None  # the good version that belongs in the payload's place
    negated: str | None = None  # the payload, each of its claims negated within its sentence, where written by hand
    category: str | None = None  # of a borrowed text: security, bug or style, as the corpus says
    kind: str | None = None  # of a text of our own: what the frame warns against, in the product's words


@dataclass(frozen=True)
class Placed:
    """A text with the place of the payload, or of what stands for it."""

    text: str
    payload: Span


def code_points(text: str, span: list[int]) -> Span:
    """A span in UTF-16 code units, counted in code points. ValueError where it cuts a character."""
    units = text.encode("utf-16-le")
    count = lambda end: len(units[: 2 * end].decode("utf-16-le"))
    return Span(count(span[0]), count(span[1]))


def without_outer_breaks(text: str, span: Span) -> Span:
    """The protocol scores a payload without the line breaks at its ends, so they are no part of it anywhere."""
    inner = span.of(text)
    return Span(span.start + len(inner) - len(inner.lstrip("\n")), span.end - (len(inner) - len(inner.rstrip("\n"))))


def window_of(text: str, frame: Span, payload: Span) -> Span:
    """What the product measures of a document: frame and payload whole, what stands between, whole lines before them,
    and the rest of the last line; no good version after them. The rule of src/analysis/sampleWindow.ts."""
    first, last = min(frame.start, payload.start), max(frame.end, payload.end)
    start = max(0, first - CONTEXT_BEFORE)
    if start > 0:
        line_break = text.find("\n", start - 1, first)
        start = line_break + 1 if line_break != -1 else start
    if last > 0 and text[last - 1] == "\n":
        return Span(start, last)
    line_break = text.find("\n", last)
    line_end = len(text) if line_break == -1 else line_break + 1
    return Span(start, min(line_end, last + REST_OF_LINE))


def deletion(sample: Sample) -> Span:
    """What a person would delete to take the frame away: when it fills its lines, the lines with their break, so that
    no empty comment line stays behind; inside a line, the frame alone. The rule of src/analysis/measure/versions.ts."""
    text, frame = sample.text, sample.frame
    line_start = text.rfind("\n", 0, frame.start) + 1
    line_break = text.find("\n", frame.end)
    line_end = len(text) if line_break == -1 else line_break + 1
    around = text[line_start : frame.start] + text[frame.end : line_end]
    lines = Span(line_start, line_end)
    fills_its_lines = re.fullmatch(r"[\s#/*<!>;%'\"-]*", around) and not lines.overlaps(sample.payload)
    return lines if fills_its_lines else frame


def without_frame(sample: Sample) -> Placed:
    cut = deletion(sample)
    shift = cut.end - cut.start if cut.start < sample.payload.start else 0
    return Placed(sample.text[: cut.start] + sample.text[cut.end :], sample.payload.moved(-shift))


def with_frame(sample: Sample, frame: str) -> Placed:
    """Another text in the frame's own place."""
    text = sample.text[: sample.frame.start] + frame + sample.text[sample.frame.end :]
    shift = len(frame) - (sample.frame.end - sample.frame.start)
    return Placed(text, sample.payload.moved(shift if sample.frame.start < sample.payload.start else 0))


def with_payload(placed: Placed, payload: str) -> str:
    """Another text in the payload's place; an empty one deletes it."""
    return placed.text[: placed.payload.start] + payload + placed.text[placed.payload.end :]
