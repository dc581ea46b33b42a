"""Figures over held-out predictions. Intervals are 90 %, from resampling whole sources: sources differ more than items do."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from .examples import Example
from .features import KINDS, cut_texts
from .model import Settings, Targets, fit, matrices, probabilities, targets

RESAMPLES = 2000
SECURITY = KINDS.index("security")
STYLE = KINDS.index("style")

# The simplest thing that could work: any of these words in frame, context or payload.
KEYWORDS = re.compile(
    r"\b(?:secur\w*|insecure|vulnerab\w*|attack\w*|malicious|exploit\w*|inject\w*|xss|csrf|password\w*|credential\w*|"
    r"secrets?|tokens?|untrusted|tainted|sanitiz\w*|crypto\w*|encrypt\w*|overflow|unsafe|privilege\w*|eval)\b",
    re.IGNORECASE,
)


def seen_text(example: Example) -> str:
    texts = cut_texts(example.text, example.frame, example.payload)
    return "\n".join([texts.frame, texts.context, texts.payload])


def folds(examples: list[Example]) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(source, train, test): our own texts are always learnt from, never tested on."""
    sources = np.array([example.source for example in examples])
    hand = np.array([example.origin == "hand" for example in examples])
    return [(source, sources != source, hand & (sources == source)) for source in sorted(set(sources[hand]))]


def held_out(examples: list[Example], settings: Settings) -> np.ndarray:
    dense, words = matrices(examples)
    found = np.zeros((len(examples), len(KINDS)))
    for _, train, test in folds(examples):
        model = fit(dense, words, targets(examples, train, settings), settings)
        found[test] = probabilities(model, dense[test], words[test], settings)
    return found


def held_out_ngrams(examples: list[Example], settings: Settings, seed: int) -> np.ndarray:
    """Words and word pairs of the same text, the same labels and weights; texts without a frame would only mislead it."""
    settings = replace(settings, unframed_weight=0.0)
    texts = np.array([seen_text(example) for example in examples], dtype=object)
    found = np.zeros((len(examples), len(KINDS)))
    for _, train, test in folds(examples):
        goal: Targets = targets(examples, train, settings)
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            LogisticRegression(C=10.0, max_iter=1000, random_state=seed),
        )
        model.fit(texts[goal.rows], goal.kinds, logisticregression__sample_weight=goal.weights)
        found[np.ix_(test, model.classes_)] = model.predict_proba(texts[test])
    return found


def held_out_majority(examples: list[Example]) -> np.ndarray:
    found = np.zeros((len(examples), len(KINDS)))
    for _, train, test in folds(examples):
        kinds = [KINDS.index(examples[row].kind) for row in np.flatnonzero(train) if examples[row].origin == "hand"]
        found[test, np.bincount(kinds).argmax()] = 1.0
    return found


def keyword_scores(examples: list[Example]) -> np.ndarray:
    """Security or the most frequent other kind."""
    found = held_out_majority(examples)
    hits = np.array([bool(KEYWORDS.search(seen_text(example))) for example in examples])
    found[hits] = 0.0
    found[hits, SECURITY] = 1.0
    return found


def security_f1(truth: np.ndarray, named: np.ndarray) -> float:
    hits = ((truth == SECURITY) & (named == SECURITY)).sum()
    return float(2 * hits / max(1, (truth == SECURITY).sum() + (named == SECURITY).sum()))


def interval(truth: np.ndarray, named: np.ndarray, sources: np.ndarray, seed: int, figure) -> list[float]:
    random = np.random.default_rng(seed)
    groups = [np.flatnonzero(sources == source) for source in np.unique(sources)]
    drawn = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([groups[index] for index in random.integers(len(groups), size=len(groups))])
        if (truth[rows] == SECURITY).any():
            drawn.append(figure(truth[rows], named[rows]))
    return [round(float(np.quantile(drawn, q)), 4) for q in (0.05, 0.95)]


def figures(examples: list[Example], scores: np.ndarray, seed: int) -> dict:
    hand = np.array([example.origin == "hand" for example in examples])
    labelled = [example for example in examples if example.origin == "hand"]
    truth = np.array([KINDS.index(example.kind) for example in labelled])
    named = scores[hand].argmax(1)
    sources = np.array([example.source for example in labelled])
    sure = np.array([example.sure for example in labelled])
    hits = int(((truth == SECURITY) & (named == SECURITY)).sum())

    def accuracy(t: np.ndarray, n: np.ndarray) -> float:
        return float((t == n).mean())

    return {
        "n": len(labelled),
        "security": int((truth == SECURITY).sum()),
        "securityF1": round(security_f1(truth, named), 4),
        "securityF1Interval": interval(truth, named, sources, seed, security_f1),
        "securityPrecision": round(hits / max(1, int((named == SECURITY).sum())), 4),
        "securityRecall": round(hits / int((truth == SECURITY).sum()), 4),
        "securityF1Sure": round(security_f1(truth[sure], named[sure]), 4),
        "nSure": int(sure.sum()),
        "accuracy": round(accuracy(truth, named), 4),
        "accuracyInterval": interval(truth, named, sources, seed, accuracy),
        "accuracySure": round(accuracy(truth[sure], named[sure]), 4),
        "confusion": {
            kind: {other: int(((truth == i) & (named == j)).sum()) for j, other in enumerate(KINDS)}
            for i, kind in enumerate(KINDS)
            if (truth == i).any()
        },
        "sources": {
            str(source): {
                "n": int((sources == source).sum()),
                "security": int((truth[sources == source] == SECURITY).sum()),
                "hits": int(((truth == SECURITY) & (named == SECURITY))[sources == source].sum()),
                "falseHits": int(((truth != SECURITY) & (named == SECURITY))[sources == source].sum()),
                "accuracy": round(accuracy(truth[sources == source], named[sources == source]), 4),
            }
            for source in np.unique(sources)
        },
    }


def calibration(examples: list[Example], scores: np.ndarray) -> list[dict]:
    """Mean probability of the named kind beside the share that is right, in fifths."""
    hand = np.array([example.origin == "hand" for example in examples])
    truth = np.array([KINDS.index(example.kind) for example in examples if example.origin == "hand"])
    best = scores[hand].max(1)
    right = scores[hand].argmax(1) == truth
    order = np.array_split(np.argsort(best, kind="stable"), 5)
    return [
        {"n": len(rows), "probability": round(float(best[rows].mean()), 3), "right": round(float(right[rows].mean()), 3)}
        for rows in order
    ]


def set_aside(examples: list[Example], scores: np.ndarray, thresholds: list[float]) -> list[dict]:
    """What the rule for style puts aside, by the kind that the hand label gives."""
    hand = np.array([example.origin == "hand" for example in examples])
    truth = np.array([KINDS.index(example.kind) for example in examples if example.origin == "hand"])
    found = scores[hand]
    rows = []
    for threshold in thresholds:
        aside = (found.argmax(1) == STYLE) & (found[:, STYLE] >= threshold)
        by_kind = {kind: int((aside & (truth == i)).sum()) for i, kind in enumerate(KINDS) if (truth == i).any()}
        rows.append({"threshold": threshold, **by_kind})
    return rows
