"""From the choice of the K strongest to one threshold for each latent."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from backfire_lab.sae.autoencoder import Autoencoder, choose
from backfire_lab.sae.sparse_rows import Pairs, starts

TOKENS = 131_072  # of training data
DEPTH = 3  # times K scores of a token are kept: a latent outside them is no candidate


@torch.no_grad()
def thresholds(model: Autoencoder, samples: Iterable[Tensor], k: int, variant: str) -> Tensor:
    """[width], in normalised units: each latent fires above its threshold as often as it was chosen, so the mean L0 stays."""
    width = len(model.encoder)
    fired = torch.zeros(width, dtype=torch.int64)
    latents, values = [], []
    for x in samples:
        scores = model.scores(x)
        active = choose(model, x, scores, k, variant)
        fired += torch.bincount(active.pairs.latent, minlength=width)
        near = Pairs.of_rows(scores.topk(min(DEPTH * k, width), dim=1, sorted=False).indices)
        latents.append(near.latent)
        values.append(model.values(x, near))
    latent, value = torch.cat(latents), torch.cat(values)
    by_value = torch.argsort(value, descending=True)
    order = by_value[torch.argsort(latent[by_value], stable=True)]
    value, first = value[order], starts(latent, width)
    # It fires strictly above: the threshold is the strongest value that must not fire. Where each value seen was chosen, it lies
    # just below the least of them; one without any value gets a bar that no latent has reached.
    end = first[:-1] + fired
    among, seen = end < first[1:], first[1:] > first[:-1]
    at = lambda place: value[place.clamp(0, len(value) - 1)]
    return torch.where(among, at(end), torch.where(seen, at(end - 1) * (1 - 1e-5), value.max()))
