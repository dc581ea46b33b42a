"""Logistic probes on pooled residual streams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

POOLS = {"last": lambda rows: rows[-1], "mean": lambda rows: rows.mean(0), "max": lambda rows: rows.max(0)}
LINEAR = ("last", "mean")
STRENGTHS = (1e-4, 1e-3, 1e-2)  # inverse regularisation, on standardised columns


@dataclass(frozen=True)
class Probe:
    """A linear score of the residual stream as it is; positive where a text is more likely flagged than not."""

    weights: np.ndarray  # [hidden]
    bias: float

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return rows @ self.weights + self.bias


def fit(columns: np.ndarray, flagged: np.ndarray, sources: np.ndarray, strength: float) -> Probe:
    """Both classes weigh the same, and within them a source by the root of its texts, so that no large one decides alone."""
    center, scale = columns.mean(0), columns.std(0) + 1e-6
    weights = np.zeros(len(flagged))
    for source in np.unique(sources):
        for value in (True, False):
            group = (sources == source) & (flagged == value)
            weights[group] = 1 / np.sqrt(max(1, group.sum()))
    for value in (True, False):
        weights[flagged == value] *= len(flagged) / 2 / weights[flagged == value].sum()
    model = LogisticRegression(C=strength, max_iter=3000).fit((columns - center) / scale, flagged, sample_weight=weights)
    direction = model.coef_[0] / scale
    return Probe(direction, float(model.intercept_[0] - center @ direction))


def left_out(columns: np.ndarray, flagged: np.ndarray, sources: np.ndarray, strength: float) -> np.ndarray:
    """Score of each text by the probe that saw nothing of its source."""
    scores = np.empty(len(flagged))
    for source in np.unique(sources):
        held = sources == source
        scores[held] = fit(columns[~held], flagged[~held], sources[~held], strength)(columns[held])
    return scores
