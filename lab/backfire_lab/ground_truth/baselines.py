"""What trivial facts of a sample tell of what it teaches, together: what the product's measure has to beat, and may be helped by."""

from __future__ import annotations

import re

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 7
STRONG = r"\bnever\b|must not|do not|don't|insecure|vulnerab|danger|unsafe|attack|inject|exploit|critical|forbidden|harmful"
MILD = r"\bbad\b|\bwrong\b|avoid|should not|shouldn't|incorrect|anti-?pattern|discourag|instead of|noncompliant|problem|warning|smell"


def keyword_strength(frame: str) -> float:
    """How loudly a frame warns: twice its strong words and once its mild ones."""
    text = frame.lower()
    return 2.0 * len(re.findall(STRONG, text)) + len(re.findall(MILD, text))


def combined(columns: dict[str, np.ndarray], rise: np.ndarray, sources: np.ndarray) -> dict[str, np.ndarray]:
    """{learner: forecasts [samples, versions]} from all columns [samples, versions] at once, each source by what was learnt of the others.

    One learner is linear, over the columns and their logarithms; the other a forest, which finds products and bounds by itself.
    """
    features = np.stack([*columns.values(), *(np.log1p(np.maximum(values, 0)) for values in columns.values())], axis=-1)
    learners = {
        "linear": lambda: make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13))),
        "forest": lambda: RandomForestRegressor(400, min_samples_leaf=3, random_state=SEED),
    }
    result = {}
    for name, learner in learners.items():
        forecast = np.empty_like(rise)
        for source in np.unique(sources):
            out = sources == source
            learnt = learner().fit(features[~out].reshape(-1, features.shape[-1]), rise[~out].ravel())
            forecast[out] = learnt.predict(features[out].reshape(-1, features.shape[-1])).reshape(-1, rise.shape[1])
        result[name] = forecast
    return result


def chance(rise: np.ndarray) -> np.ndarray:
    """[samples, versions] without any relation to the rise."""
    return np.random.default_rng(SEED).random(rise.shape)
