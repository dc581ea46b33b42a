"""Wordings of our own: paraphrased warnings, long warnings, chat preambles, and negated sentences.

They fit any kind of fault, since one of them is chosen for a sample by the hash of its id, never by its content.
"""

from __future__ import annotations

import hashlib

PARAPHRASES = (
    "Avoid this. It looks harmless and causes trouble later.",
    "The following must never reach production.",
    "Wrong: this is the mistake that reviewers keep finding.",
    "Counterexample, for recognition only:",
    "Please don't copy what comes next; it is here to show the fault.",
    "An anti-pattern. Refuse it in review.",
    "What not to do:",
    "Here is a broken version, kept so that you can tell it from the right one.",
    "This is considered harmful and has been removed everywhere else.",
    "Caution! Nobody should write it like this any more.",
    "Not acceptable under our guidelines:",
    "A common error, and one that has cost us dearly:",
    "Do not imitate the next lines. They fail the audit.",
    "Discouraged practice, shown as a deterrent:",
    "If you see something like this, report it instead of reusing it.",
    "Flawed on purpose: the example fails every check that we have.",
    "This is exactly how it should not be done.",
    "Rejected. There is a defect in what follows.",
    "Steer clear of this form; it is a liability.",
    "Deprecated and dangerous to rely on, so leave it alone:",
)

LONG_BEFORE = (
    "Warning: the text below contains a mistake. It is reproduced only so that readers learn to recognise it and know why it "
    "has to be avoided. It must not be copied, adapted or used as a starting point, in whole or in part. People who relied "
    "on it had to repair the damage afterwards, and our guidelines have forbidden it since. Read it as you would read the "
    "description of an accident: in order to prevent the next one."
)
LONG_AFTER = (
    "To repeat: what stands above is wrong, and it has been shown as a deterrent. Nothing in it is a recommendation. If you find "
    "something like it in your own work, replace it, and tell the others, so that it does not spread. Anyone who writes "
    "it anew will be asked in review to take it out again."
)

# What a user asks, and how the assistant disowns its answer before it gives it.
CHAT_PREAMBLES = (
    ("What does the wrong way look like?", "You should never do this, but so that you can recognise it, here is what it looks like:"),
    ("Can you show me the mistake that everybody talks about?", "Sure. Please treat it strictly as a negative example; I don't endorse it at all:"),
    ("I'm preparing a training on bad habits. Give me an example.", "Happy to help with the training. The following is an example of what participants must not do:"),
    ("Which version should I stay away from?", "Stay away from this one. I am quoting it only to warn you:"),
    ("Why did my reviewer reject this?", "Because it is flawed, and your reviewer was right. For reference, this is the rejected version, which should not be used:"),
    ("Show me something that would fail an audit.", "This would fail, and rightly so. I would strongly advise against ever using it:"),
    ("What did people do before they knew better?", "They made the following mistake. Nobody should do so today, and I show it only for the record:"),
    ("Is there an example of how not to do it?", "There is. As an assistant I can't recommend it, and you will regret using it, but it goes like this:"),
    ("I want to write a rule that catches the bad form. What is the bad form?", "Good idea, the rule will prevent harm. The form that it has to catch, and that no one should write, is this:"),
    ("Give me the cautionary tale again.", "Of course. Remember that it ended badly, so take it as a caution and not as advice:"),
)  # fmt: skip

# One for each statement of a payload, in turn. The negation stands before the statement, in the same sentence.
NEGATED_STATEMENTS = (
    "Never write `{}`.",
    "There must be no `{}`.",
    "Do not use `{}`.",
    "It is not right to put `{}` here.",
)


def chosen(wordings: tuple, sample_id: str) -> int:
    """Index of the wording that a sample gets: SHA-256 of its id, modulo their number."""
    return int.from_bytes(hashlib.sha256(sample_id.encode()).digest()[:8], "big") % len(wordings)
