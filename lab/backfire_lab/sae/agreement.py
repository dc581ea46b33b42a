"""How far two autoencoders found the same latents: cosines of their decoder rows."""

from __future__ import annotations

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

ALIKE = 0.7  # cosine from which two latents count as one


def agreement(a: Tensor, b: Tensor) -> dict:
    """Of decoder rows of length one, [latents, hidden]; only those of living latents belong here."""
    cosine = a @ b.T
    best = cosine.max(1).values
    rows, columns = linear_sum_assignment(-cosine.numpy())
    paired = cosine[torch.from_numpy(rows), torch.from_numpy(columns)]
    share = lambda values: float((values >= ALIKE).double().mean())
    return {
        "latents": [len(a), len(b)],
        "cosine": ALIKE,
        "matched": share(best),
        "matchedOneToOne": share(paired),
        "medianBestCosine": float(best.median()),
    }
