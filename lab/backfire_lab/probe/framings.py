"""What framings do to the probe's score, to the direction of a payload's activations, and to its features."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch

from backfire_lab.sae.matter import interval
from backfire_lab.sae.saved import Saved

FIRING = 0.5  # entanglement from which the payload's features count as firing on


@dataclass(frozen=True)
class Framed:
    """A payload under one framing, beside its direct form."""

    score: float  # of the probe
    direct_score: float
    cosine: float  # of the mean activation with that of the direct form, both less the mean over all texts
    entanglement: float


def entanglement(one: torch.Tensor, other: torch.Tensor) -> float:
    """Σ min / Σ max of two activation matrices [tokens, features], by the tokens counted from the end."""
    tokens = min(len(one), len(other))
    one, other = one[len(one) - tokens :], other[len(other) - tokens :]
    either = float(torch.maximum(one, other).sum())
    return float(torch.minimum(one, other).sum()) / either if either else 1.0


def framed(rows: dict[str, np.ndarray], score, center: np.ndarray, saved: Saved) -> dict[str, Framed]:
    """{framing: …} of one sample, given each form's payload rows [tokens, hidden]; `direct` is compared with itself."""
    features = {name: saved.activations(torch.from_numpy(each)) for name, each in rows.items()}
    means = {name: each.mean(0) - center for name, each in rows.items()}
    return {
        name: Framed(
            score=float(score(rows[name])),
            direct_score=float(score(rows["direct"])),
            cosine=cosine(means[name], means["direct"]),
            entanglement=entanglement(features[name], features["direct"]),
        )
        for name in rows
    }


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def kind_of(framing: str) -> str:
    return framing.rstrip("0123456789 ")


def table(samples: list[dict[str, Framed]], threshold: float) -> dict[str, dict]:
    """By kind of framing, over samples whose direct form the probe flags: how often it is fooled, and how often the features change."""
    by_kind: dict[str, list[Framed]] = defaultdict(list)
    for forms in samples:
        for name, form in forms.items():
            by_kind[kind_of(name)].append(form)
    return {kind: row(forms, threshold) for kind, forms in by_kind.items()}


def row(forms: list[Framed], threshold: float) -> dict:
    flagged = [form for form in forms if form.direct_score >= threshold]
    fooled = np.array([form.score < threshold for form in flagged], float)
    firing = np.array([form.entanglement >= FIRING for form in flagged], float)
    share = lambda values: interval(values) if len(values) else None
    return {
        "texts": len(forms),
        "flaggedDirect": len(flagged),
        "score": interval(np.array([form.score for form in forms])),
        "cosine": interval(np.array([form.cosine for form in forms])),
        "entanglement": interval(np.array([form.entanglement for form in forms])),
        "fooled": share(fooled),
        "slip": share(fooled * firing),  # the probe is fooled, the features are not
        "reverse": share((1 - fooled) * (1 - firing)),
    }
