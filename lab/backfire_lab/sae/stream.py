"""Batches of activations for training, the same for a seed, from any place on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from backfire_lab.sae.saved import Norm
from backfire_lab.sae.shards import SINK, Shard

GROUP = 8  # shards that are mixed in memory: 0.6 GB


def groups(shards: int, seed: int, epoch: int) -> list[np.ndarray]:
    order = np.random.default_rng((seed, epoch)).permutation(shards)
    return [order[i : i + GROUP] for i in range(0, shards, GROUP)]


def mixed(paths: list[Path], seed: tuple[int, ...]) -> np.ndarray:
    """float16 [tokens, hidden], in random order, without sinks."""
    rows = np.concatenate([Shard.load(path).learnt() for path in paths])
    return rows[np.random.default_rng(seed).permutation(len(rows))]


def batches(rows: np.ndarray, size: int, norm: Norm) -> Iterator[Tensor]:
    """Whole batches only."""
    for i in range(0, len(rows) - size + 1, size):
        yield norm.apply(torch.from_numpy(rows[i : i + size].astype(np.float32)))


def norm_of(paths: list[Path]) -> Norm:
    """From some shards: mean, and the scale that makes the mean of |x|^2 the number of dimensions."""
    rows = torch.from_numpy(np.concatenate([Shard.load(path).learnt() for path in paths]).astype(np.float32))
    mean = rows.mean(0)
    return Norm(mean, float((rows.shape[1] / (rows - mean).square().sum(1).mean()).sqrt()))


def sink_norm_of(paths: list[Path]) -> float:
    """The norm above which a token is a sink (shards.py), as one number for those who encode single texts."""
    shards = [Shard.load(path) for path in paths]
    norms = [np.linalg.norm(shard.residual[shard.positions > 0].astype(np.float32), axis=1) for shard in shards]
    return SINK * float(np.median(np.concatenate(norms)))
