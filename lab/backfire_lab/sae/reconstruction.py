"""How well an autoencoder gives back the residual stream, and how its latents fire. Sinks are not among the rows.

Variance explained = 1 - sum |x - x'|^2 / sum |x - m|^2, over tokens and dimensions, m the mean of the same tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from backfire_lab.sae.saved import Saved

MASSIVE = 100  # times the median variance of a dimension
DENSE = 0.1  # share of tokens
BATCH = 4096


@dataclass(frozen=True)
class Fit:
    """Of some tokens."""

    residual: Tensor  # [tokens, hidden]
    reconstruction: Tensor  # [tokens, hidden]
    l0: Tensor  # [tokens]
    fired: Tensor  # [width], tokens at which each latent fired

    def explained(self, dimensions: Tensor | slice = slice(None)) -> float:
        x, y = self.residual[:, dimensions], self.reconstruction[:, dimensions]
        return float(1 - (x - y).square().sum() / (x - x.mean(0)).square().sum())


@torch.no_grad()
def fit(saved: Saved, residual: Tensor, k: int | None = None) -> Fit:
    """By the thresholds; with `k` by the k strongest of each token instead, as in training."""
    rows, l0, fired = [], [], torch.zeros(len(saved.decoder), dtype=torch.int64)
    for x in residual.split(BATCH):
        activations = saved.activations(x) if k is None else strongest(saved.scores(x), k)
        rows.append(saved.decode(activations))
        l0.append((activations > 0).sum(1))
        fired += (activations > 0).sum(0)
    return Fit(residual, torch.cat(rows), torch.cat(l0), fired)


def strongest(scores: Tensor, k: int) -> Tensor:
    top = scores.topk(k, dim=1)
    return torch.zeros_like(scores).scatter_(1, top.indices, top.values.clamp(min=0))


def massive_dimensions(residual: Tensor) -> Tensor:
    variance = residual.var(0)
    return variance > MASSIVE * variance.median()


def figures(of: Fit) -> dict:
    x, massive = of.residual, massive_dimensions(of.residual)
    each = 1 - (x - of.reconstruction).square().sum(1) / (x - x.mean(0)).square().sum(1)
    density = of.fired / len(x)
    l0 = of.l0.double().numpy()
    return {
        "tokens": len(x),
        "varianceExplained": {
            "all": of.explained(),
            "withoutMassiveDimensions": of.explained(dimensions=~massive),
            "medianToken": float(each.median()),
            "tokenQuantiles": {str(q): float(each.quantile(q)) for q in (0.05, 0.25, 0.75, 0.95)},
        },
        "massiveDimensions": massive.nonzero()[:, 0].tolist(),
        "l0": {"mean": l0.mean(), **{f"p{q}": float(np.percentile(l0, q)) for q in (5, 25, 50, 75, 95)}, "max": l0.max()},
        "denseShare": float((density > DENSE).double().mean()),
        "silentShare": float((of.fired == 0).double().mean()),
    }


def choice_difference(saved: Saved, residual: Tensor, k: int) -> dict:
    """What thresholds change against choosing the k strongest of each token."""
    same, either = 0, 0
    for x in residual.split(BATCH):
        by_threshold, by_rank = saved.activations(x) > 0, strongest(saved.scores(x), k) > 0
        same += int((by_threshold & by_rank).sum())
        either += int((by_threshold | by_rank).sum())
    ranked, kept = fit(saved, residual, k), fit(saved, residual)
    l0 = lambda of: float(of.l0.double().mean())
    return {
        "varianceExplained": {"thresholds": kept.explained(), "strongest": ranked.explained()},
        "meanL0": {"thresholds": l0(kept), "strongest": l0(ranked)},
        "overlap": same / either,
    }
