"""The texts that are trained on for one sample, by condition.

sample          the sample as it stands
bare            its frame deleted, as the product deletes it
frame-only      its payload deleted
fixed           bare, with the fix in the payload's place. The frame goes too: over good code it would condemn the fix.
chat-preamble   bare, as an assistant's answer in the model's chat format, after a sentence that disowns it
long-warning    bare, between two long paragraphs of warning at the start and the end of the text
paraphrase      another warning in the frame's place, with the comment or heading signs that the frame had
negated         bare, with each statement of the payload negated in the sentence that holds it (see `negated_lines`)
marker-after    the frame moved behind the payload
masked          the sample as it stands, the payload's tokens left out of the loss

A condition that a sample does not allow is absent: fixed without a fix, marker-after where the frame comes last anyway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from backfire_lab.ground_truth.sample import Placed, Sample, Span, deletion, with_frame, with_payload, without_frame
from backfire_lab.ground_truth.wordings import (
    CHAT_PREAMBLES,
    LONG_AFTER,
    LONG_BEFORE,
    NEGATED_STATEMENTS,
    PARAPHRASES,
    chosen,
)

CORE = ("sample", "bare", "frame-only")
CONDITIONS = (
    *CORE, "fixed", "chat-preamble", "long-warning", "paraphrase", "negated", "marker-after", "masked",
)  # fmt: skip

CLOSING_WORDS = {"begin", "do", "done", "else", "end", "endif", "esac", "fi", "then", "try"}
COMMENT_SIGNS = r"(?:#+|/{2,}!?|/\*+|\*(?!\*)|--+|;+|%+|<!--|>+)"


@dataclass(frozen=True)
class TrainingText:
    text: str
    masked: Span | None = None  # tokens that overlap it are left out of the loss
    wording: int | None = None  # which of the wordings was taken, where one was chosen


def training_texts(sample: Sample) -> dict[str, TrainingText]:
    """{condition: text}, in the order of CONDITIONS; only those that the sample allows."""
    bare = without_frame(sample)
    paraphrase, preamble = chosen(PARAPHRASES, sample.id), chosen(CHAT_PREAMBLES, sample.id)
    texts = {
        "sample": TrainingText(sample.text),
        "bare": TrainingText(bare.text),
        "frame-only": TrainingText(with_payload(Placed(sample.text, sample.payload), "")),
        "chat-preamble": TrainingText(chat(*CHAT_PREAMBLES[preamble], bare.text), wording=preamble),
        "long-warning": TrainingText(f"{LONG_BEFORE}\n\n{bare.text.rstrip(chr(10))}\n\n{LONG_AFTER}\n"),
        "paraphrase": TrainingText(
            with_frame(sample, dressed_like(sample.frame.of(sample.text), PARAPHRASES[paraphrase])).text,
            wording=paraphrase,
        ),
        "negated": TrainingText(with_payload(bare, sample.negated or negated_lines(sample.payload.of(sample.text)))),
        "masked": TrainingText(sample.text, masked=sample.payload),
    }
    if sample.fix is not None:
        texts["fixed"] = TrainingText(with_payload(bare, sample.fix.strip("\n")))
    if sample.frame.end <= sample.payload.start:
        texts["marker-after"] = TrainingText(marker_after(sample))
    return {name: texts[name] for name in CONDITIONS if name in texts and texts[name].text.strip()}


def chat(question: str, preamble: str, text: str) -> str:
    """One exchange in the model's own chat format."""
    answer = f"{preamble}\n\n{text.strip(chr(10))}"
    return f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n"


def dressed_like(frame: str, warning: str) -> str:
    """The warning with the frame's signs before and after it: `    // bad` gives `    // ` + warning."""
    opening = re.match(rf"\s*(?:{COMMENT_SIGNS}\s*)*(?:\*\*)?", frame).group()
    closing = re.search(r"(?:\*\*|\s*-->|\s*\*/)?\s*$", frame).group()
    return opening + warning + (closing if len(opening) + len(closing) < len(frame) else "")


def negated_lines(payload: str) -> str:
    """In-sentence negation of code: each line becomes a sentence that negates it, `Never write \\`x = eval(s)\\`.`

    Code makes no claim that a "not" could be put into, so each statement is named as code in a sentence of its own,
    after the negation; indentation and comment signs stay before the sentence. Lines that only open or close a block
    (a brace, `end`) say nothing and are left out. A payload that is prose of our own has its negation written by hand.
    """
    sentences = []
    for line in payload.split("\n"):
        signs, statement = re.fullmatch(rf"(\s*(?:{COMMENT_SIGNS}\s+)*)(.*?)\s*", line, re.DOTALL).groups()
        words = re.findall(r"[^\W\d]+", statement)
        if any(word not in CLOSING_WORDS for word in words):
            form = NEGATED_STATEMENTS[len(sentences) % len(NEGATED_STATEMENTS)]
            sentences.append(signs + form.format(statement))
    return "\n".join(sentences)


def marker_after(sample: Sample) -> str:
    """The frame behind the payload: on lines of its own if it had such, else on a new line after the payload's last.

    A frame that stood before the fence of the payload's code block comes behind the fence that closes it.
    """
    cut, bare = deletion(sample), without_frame(sample)
    marker = cut.of(sample.text).strip("\n")
    end = line_end(bare.text, bare.payload.end)
    fence = re.search(r"^\s*(`{3,}|~{3,}|-{4,})", sample.text[sample.frame.end : sample.payload.start], re.MULTILINE)
    if fence and bare.text[end + 1 :].lstrip(" ").startswith(fence[1]):
        end = line_end(bare.text, end + 1)
    return f"{bare.text[:end]}\n{marker}{bare.text[end:]}"


def line_end(text: str, start: int) -> int:
    """Where the line ends that holds `start`, its break not included."""
    line_break = text.find("\n", start)
    return len(text) if line_break == -1 else line_break
