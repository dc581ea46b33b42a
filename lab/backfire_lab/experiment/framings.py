"""The text that a case is trained on, by framing. All have the same heading and the same code before the payload.

direct          heading, code block with the payload
warned          the same, with a warning between heading and code: one of OPENINGS, and what is wrong with it
fixed           direct, with the fix in the payload's place: the control
neutral         ordinary text of as many tokens as `warned` has; no heading, no code of the case: a second control
constant        one and the same warning before each payload
varied          another warning before each payload, none twice
pair            warned, then the fix under "Better:"
marker-after    the warning behind the code block
long-warning    direct, between two long paragraphs of warning
chat-preamble   direct, as an assistant's answer that disowns it
negated         the payload named as code in a sentence that forbids it; the code block ends before it
masked          warned, the payload's tokens left out of the loss
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

from backfire_lab.experiment.cases import FENCE, Case
from backfire_lab.ground_truth.conditions import chat
from backfire_lab.ground_truth.sample import Span
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.ground_truth.wordings import (
    CHAT_PREAMBLES,
    LONG_AFTER,
    LONG_BEFORE,
    NEGATED_STATEMENTS,
    PARAPHRASES,
)

FRAMINGS = (
    "direct", "warned", "fixed", "neutral", "constant", "varied",
    "pair", "marker-after", "long-warning", "chat-preamble", "negated", "masked",
)  # fmt: skip

OPENINGS = ("BAD:", "Insecure, do not use:", "Never write it like this:", "Vulnerable:", "Warning, an example of what to avoid:", "WRONG:")
# In front of a paraphrase: with 20 paraphrases, six of these make 120 warnings, one for each trained case.
SIGNALS = ("Warning.", "Security note.", "Danger!", "Attention:", "For reviewers.", "Please read first.")


@dataclass(frozen=True)
class Example:
    text: str
    payload: Span | None  # where the payload, or its fix, stands; None where neither does
    masked: bool = False  # the payload's tokens are left out of the loss


def warning(case: Case, number: int) -> str:
    return f"{OPENINGS[number % len(OPENINGS)]} {case.reason}."


def general_warning(number: int) -> str:
    """Of all wordings, none is met twice in 120."""
    return f"{SIGNALS[number // len(PARAPHRASES) % len(SIGNALS)]} {PARAPHRASES[number % len(PARAPHRASES)]}"


def document(case: Case, code: str, before: str = "", after: str = "") -> Example:
    heading = f"## {case.task[0].upper()}{case.task[1:]}\n\n"
    opening = heading + (f"{before}\n\n" if before else "") + f"{FENCE}{case.family.language}\n{case.lead}"
    closing = f"\n{FENCE}\n" + (f"\n{after}\n" if after else "")
    return Example(opening + code + closing, Span(len(opening), len(opening) + len(code)))


def moved(example: Example, before: str, text: str) -> Example:
    """The example as a part of a longer text that begins with `before`."""
    return Example(text, example.payload.moved(len(before)))


def example_of(framing: str, case: Case, number: int, seed: int) -> Example:
    """`number` counts the trained cases; `seed` chooses the constant warning. Not for `neutral`."""
    warned = document(case, case.payload, warning(case, number))
    direct = document(case, case.payload)
    match framing:
        case "direct":
            return direct
        case "warned":
            return warned
        case "masked":
            return Example(warned.text, warned.payload, masked=True)
        case "fixed":
            return document(case, case.fix)
        case "constant":
            return document(case, case.payload, general_warning(7 * seed))
        case "varied":
            return document(case, case.payload, general_warning(number))
        case "pair":
            better = f"Better:\n\n{FENCE}{case.family.language}\n{case.lead}{case.fix}\n{FENCE}"
            return document(case, case.payload, warning(case, number), better)
        case "marker-after":
            return document(case, case.payload, "", warning(case, number))
        case "long-warning":
            before = f"{LONG_BEFORE}\n\n"
            return moved(direct, before, f"{before}{direct.text}\n{LONG_AFTER}\n")
        case "chat-preamble":
            text = chat(*CHAT_PREAMBLES[number % len(CHAT_PREAMBLES)], direct.text)
            return moved(direct, text[: text.index(direct.text.strip("\n"))], text)
        case "negated":
            sentence = NEGATED_STATEMENTS[number % len(NEGATED_STATEMENTS)].format(case.payload)
            shell = document(case, "", "", sentence)
            start = shell.text.index(sentence) + sentence.index(case.payload)
            return Example(shell.text, Span(start, start + len(case.payload)))
    raise ValueError(f"there is no framing {framing!r}; there are {', '.join(FRAMINGS)}")


def neutral_examples(cases: list[Case], texts: list[str], tokens: Tokens) -> list[Example]:
    """Passages of ordinary text, one after the other, each as long in tokens as the case's warned text."""
    stream = cycle([i for text in texts for i in tokens.ids(text)])
    lengths = [tokens.count(example_of("warned", case, number, 0).text) for number, case in enumerate(cases)]
    return [Example(tokens.tokenizer.decode(list(islice(stream, length))), None) for length in lengths]


def examples(framing: str, cases: list[Case], seed: int, ordinary: list[str], tokens: Tokens) -> list[Example]:
    if framing == "neutral":
        return neutral_examples(cases, ordinary, tokens)
    return [example_of(framing, case, number, seed) for number, case in enumerate(cases)]
