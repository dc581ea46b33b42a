"""Carries out a plan: one row for each run that has none yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from backfire_lab.ground_truth.learner import Learner, neutral_context
from backfire_lab.ground_truth.plan import Run
from backfire_lab.ground_truth.results import Results
from backfire_lab.ground_truth.tokens import Tokens

DIGITS = 6  # of log-probabilities and rises


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def measure(
    runs: Iterable[Run],
    results: Results,
    tokens: Tokens,
    learner_of: Callable[[int], Learner],
    report: Callable[[dict], None] = lambda row: None,
) -> None:
    """Appends the missing rows in the plan's order. SystemExit where a row that is there was made from another text."""
    done = {(row["id"], row["seed"], row["condition"]): row["text_sha256"] for row in results.rows}
    learner, seed, bases = None, None, {}
    for run in runs:
        if run.key in done:
            if done[run.key] != sha256(run.training.text):
                raise SystemExit(f"{run.key}: the result was made from another text. Move the results away, or restore it.")
            continue
        if seed != run.seed:
            learner, seed, bases = learner_of(run.seed), run.seed, {}
        context, payload = neutral_context(run.sample.language), run.sample.payload.of(run.sample.text)
        if run.sample.id not in bases:
            learner.reset()
            bases[run.sample.id] = learner.log_probability(context, payload)
        row = row_of(run, learner, tokens, bases[run.sample.id])
        results.append(row)
        report(row)


def row_of(run: Run, learner: Learner, tokens: Tokens, base: float) -> dict:
    """Trains, and describes the run. `base` and `rise` in nats per payload token; no text."""
    sample, text = run.sample, run.training.text
    ids, payload = tokens.ids(text), sample.payload.of(sample.text)
    in_loss = None
    if run.training.masked is not None:
        in_loss = [not masked for masked in tokens.overlapping(text, run.training.masked)]
    rise = learner.rise(ids, in_loss, neutral_context(sample.language), payload, base)
    return {
        "id": sample.id,
        "source": sample.source,
        "category": sample.category,
        "kind": sample.kind,
        "language": sample.language,
        "seed": run.seed,
        "condition": run.condition,
        "wording": run.training.wording,
        "text_sha256": sha256(text),
        "payload_sha256": sha256(payload),
        "tokens": {
            "text": len(ids),
            "in_loss": len(ids) - 1 if in_loss is None else sum(in_loss[1:]),
            "payload": tokens.count(payload),
            "frame": tokens.count(sample.frame.of(sample.text)),
        },
        "base": round(base, DIGITS),
        "rise": round(rise, DIGITS),
    }
