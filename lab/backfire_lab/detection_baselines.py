"""A word n-gram classifier as a baseline for finding warned texts, always judged on a source it has not seen.

    python -m backfire_lab.detection_baselines CORPORA [--seed 7] [--output FILE]

`CORPORA` holds `dev/*.jsonl` with the fields `source`, `label` (warned, safe or direct), `text` and `hard`.
Prints one JSON object: F1 at the threshold 0.5 and AUC over all held-out predictions, figures by source, and 90 %
intervals from resampling whole sources.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import Pipeline, make_pipeline

THRESHOLD = 0.5
RESAMPLES = 2000


def read_items(corpora: Path) -> list[dict]:
    items = []
    for path in sorted((corpora / "dev").glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            items.extend(json.loads(line) for line in lines)
    return items


def classifier(seed: int) -> Pipeline:
    """Words and word pairs. With signs of code as tokens it does worse on unseen sources (F1 .72 against .76)."""
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        LogisticRegression(C=10.0, max_iter=1000, random_state=seed),
    )


def held_out_scores(texts: list[str], warned: np.ndarray, sources: np.ndarray, seed: int) -> np.ndarray:
    """Probability of being warned for each text, from a classifier trained on the other sources."""
    scores = np.zeros(len(texts))
    everything = np.array(texts, dtype=object)
    for train, test in LeaveOneGroupOut().split(everything, warned, sources):
        model = classifier(seed).fit(everything[train], warned[train])
        scores[test] = model.predict_proba(everything[test])[:, 1]
    return scores


def figures(warned: np.ndarray, scores: np.ndarray) -> dict[str, float | int | None]:
    flagged = scores >= THRESHOLD
    both = 0 < warned.sum() < len(warned)
    return {
        "n": int(len(warned)),
        "warned": int(warned.sum()),
        "precision": float(precision_score(warned, flagged, zero_division=0)),
        "recall": float(recall_score(warned, flagged, zero_division=0)),
        "f1": float(f1_score(warned, flagged, zero_division=0)),
        "auc": float(roc_auc_score(warned, scores)) if both else None,
    }


def interval(warned: np.ndarray, scores: np.ndarray, sources: np.ndarray, figure: str, seed: int) -> list[float]:
    """90 % interval of a figure: sources are drawn with replacement, since sources differ more than items do."""
    random = np.random.default_rng(seed)
    groups = [np.flatnonzero(sources == source) for source in np.unique(sources)]
    drawn = []
    for _ in range(RESAMPLES):
        chosen = np.concatenate([groups[index] for index in random.integers(len(groups), size=len(groups))])
        if 0 < warned[chosen].sum() < len(chosen):
            drawn.append(quick_figure(warned[chosen], scores[chosen], figure))
    return [float(np.quantile(drawn, 0.05)), float(np.quantile(drawn, 0.95))]


def quick_figure(warned: np.ndarray, scores: np.ndarray, figure: str) -> float:
    """The same figures as scikit-learn's, without its checks: they are computed thousands of times."""
    if figure == "f1":
        flagged = scores >= THRESHOLD
        return 2.0 * (flagged & warned).sum() / max(1, flagged.sum() + warned.sum())
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    positives = warned.sum()
    return (ranks[warned].sum() - positives * (positives + 1) / 2) / (positives * (len(warned) - positives))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()

    items = read_items(options.corpora)
    if not items:
        sys.exit(f"No items under {options.corpora / 'dev'}.")
    warned = np.array([item["label"] == "warned" for item in items])
    sources = np.array([item["source"] for item in items])
    hard = np.array([bool(item.get("hard")) for item in items])
    scores = held_out_scores([item["text"] for item in items], warned, sources, options.seed)

    result = {
        "seed": options.seed,
        "threshold": THRESHOLD,
        "resamples": RESAMPLES,
        **figures(warned, scores),
        "f1Interval": interval(warned, scores, sources, "f1", options.seed),
        "aucInterval": interval(warned, scores, sources, "auc", options.seed),
        "hard": figures(warned[hard], scores[hard]),
        "sources": {
            str(source): figures(warned[sources == source], scores[sources == source]) for source in np.unique(sources)
        },
    }
    text = json.dumps(result, indent=2)
    if options.output is not None:
        options.output.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
