"""Multinomial logistic regression over the features, its weights as a small file, and the prediction from that file."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from . import features as f
from .examples import Example
from .lexicon import LEXICON


@dataclass(frozen=True)
class Settings:
    """Chosen by leaving sources out (`--grid` prints the neighbours); differences between neighbours are noise."""

    inverse_penalty: float = 0.3
    # Hashed words are many and known from few texts: a smaller scale penalises them more than the lexicon.
    word_scale: float = 2.0
    own_weight: float = 1.0
    unframed_weight: float = 0.1
    category_weight: float = 0.3
    # A label that is not sure counts for its kind and, with the rest, for its second kind.
    unsure_share: float = 0.65
    # Exponent of inverse class frequency.
    balance: float = 0.5


def matrices(examples: list[Example]) -> tuple[np.ndarray, csr_matrix]:
    found = [example.features() for example in examples]
    rows = [row for row, (_, hashed) in enumerate(found) for _ in hashed]
    columns = [bucket for _, hashed in found for bucket in hashed]
    values = [value for _, hashed in found for value in hashed.values()]
    words = csr_matrix((values, (rows, columns)), shape=(len(found), f.BUCKETS))
    return np.array([dense for dense, _ in found]), words


@dataclass(frozen=True)
class Targets:
    """Rows of the training set: an example that is not sure stands twice."""

    rows: np.ndarray
    kinds: np.ndarray
    weights: np.ndarray


def targets(examples: list[Example], chosen: np.ndarray, settings: Settings) -> Targets:
    rows, kinds, weights = [], [], []
    for row in np.flatnonzero(chosen):
        example = examples[row]
        weight = {
            "own": settings.own_weight,
            "unframed": settings.unframed_weight,
            "category": settings.category_weight,
            "hand": 1.0,
        }[example.origin]
        if weight == 0:
            continue
        shares = [(example.kind, 1.0)]
        if example.second is not None:
            shares = [(example.kind, settings.unsure_share), (example.second, 1 - settings.unsure_share)]
        for kind, share in shares:
            rows.append(row)
            kinds.append(f.KINDS.index(kind))
            weights.append(weight * share)
    totals = np.bincount(kinds, weights, minlength=len(f.KINDS))
    factors = (totals.mean() / np.maximum(totals, 1e-9)) ** settings.balance
    return Targets(np.array(rows), np.array(kinds), np.array(weights) * factors[kinds])


def fit(dense: np.ndarray, words: csr_matrix, goal: Targets, settings: Settings) -> LogisticRegression:
    inputs = hstack([csr_matrix(dense), words * settings.word_scale]).tocsr()[goal.rows]
    model = LogisticRegression(C=settings.inverse_penalty, max_iter=1000)
    return model.fit(inputs, goal.kinds, sample_weight=goal.weights)


def probabilities(model: LogisticRegression, dense: np.ndarray, words: csr_matrix, settings: Settings) -> np.ndarray:
    inputs = hstack([csr_matrix(dense), words * settings.word_scale]).tocsr()
    found = np.zeros((len(dense), len(f.KINDS)))
    found[:, model.classes_] = model.predict_proba(inputs)
    return found


def weights_file(model: LogisticRegression, settings: Settings, provenance: dict) -> dict:
    """Word weights as signed bytes, kind by kind, with one scale; the rest as numbers of five decimals."""
    assert list(model.classes_) == list(range(len(f.KINDS)))
    columns = len(f.feature_names())
    word_weights = model.coef_[:, columns:] * settings.word_scale
    scale = float(np.abs(word_weights).max()) / 127
    steps = np.round(word_weights / scale).astype(np.int8)
    return {
        "provenance": {**provenance, "settings": asdict(settings)},
        "kinds": f.KINDS,
        "lexicon": [
            {"kind": kind, "name": name, "where": where, "pattern": pattern.replace('\\"', '"').replace("\\'", "'")}
            for kind, entries in LEXICON.items()
            for name, where, pattern in entries
        ],
        "intercepts": [round(float(value), 5) for value in model.intercept_],
        "weights": [[round(float(value), 5) for value in row] for row in model.coef_[:, :columns]],
        "buckets": f.BUCKETS,
        "wordScale": scale,
        "words": base64.b64encode(steps.tobytes()).decode("ascii"),
    }


def write_weights(path: Path, weights: dict) -> None:
    """One line for each field: a change shows where it is, and the file stays small."""
    lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in weights.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def predict(weights: dict, texts: f.Texts) -> list[float]:
    """Probabilities of the kinds from the file alone: what TypeScript has to agree with."""
    dense, hashed = f.features(texts)
    steps = np.frombuffer(base64.b64decode(weights["words"]), dtype=np.int8).reshape(len(f.KINDS), f.BUCKETS)
    scores = []
    for kind in range(len(f.KINDS)):
        score = weights["intercepts"][kind]
        score += sum(weight * value for weight, value in zip(weights["weights"][kind], dense))
        score += sum(int(steps[kind, bucket]) * weights["wordScale"] * value for bucket, value in hashed.items())
        scores.append(score)
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    return [power / sum(powers) for power in powers]
