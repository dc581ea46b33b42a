"""The autoencoder and its loss, in normalised units: x = (residual - mean) * scale, so that E |x|^2 is the number of dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from backfire_lab.sae.rounding import ROUGH
from backfire_lab.sae.sparse_rows import Dots, Pairs, Sums

VARIANTS = ("topk", "batchtopk", "matryoshka")
PREFIXES = (1 / 16, 1 / 4, 1)  # of the width: latents that must do alone, for the nested variant
# The batch's K per token are found among the scores above a bar, set by each SOME-th token so that about SPARE times as many pass.
SOME, SPARE = 16, 1.25


@dataclass(frozen=True)
class Active:
    """Latents of a batch that are active."""

    pairs: Pairs
    values: Tensor  # [pairs], positive

    def among(self, mask: Tensor) -> Active:
        return Active(self.pairs.among(mask), self.values[mask])


class Autoencoder(nn.Module):
    def __init__(self, hidden: int, width: int, generator: torch.Generator):
        super().__init__()
        directions = nn.functional.normalize(torch.randn(width, hidden, generator=generator), dim=1)
        self.encoder = nn.Parameter(directions.clone())  # [width, hidden]
        self.decoder = nn.Parameter(directions)  # [width, hidden], rows of length one
        self.encoder_bias = nn.Parameter(torch.zeros(width))
        self.decoder_bias = nn.Parameter(torch.zeros(hidden))

    @torch.no_grad()
    def scores(self, x: Tensor) -> Tensor:
        """Activations before any choice, [tokens, width]; as exact as is good enough to choose by."""
        rough = lambda tensor: tensor.to(ROUGH)
        return torch.addmm(rough(self.encoder_bias), rough(x - self.decoder_bias), rough(self.encoder).T)

    def values(self, x: Tensor, pairs: Pairs) -> Tensor:
        """Activations of chosen latents in full precision, [pairs]."""
        dots = Dots.apply(self.encoder, pairs, (x - self.decoder_bias).detach())
        return torch.relu(dots + self.encoder_bias[pairs.latent])

    def decode(self, active: Active) -> Tensor:
        return Sums.apply(self.decoder, active.pairs, active.values) + self.decoder_bias

    @torch.no_grad()
    def keep_length(self) -> None:
        self.decoder.copy_(nn.functional.normalize(self.decoder, dim=1))


def choose(model: Autoencoder, x: Tensor, scores: Tensor, k: int, variant: str) -> Active:
    """The K strongest latents of each token, or the strongest of the batch, K a token in the mean; those that are positive."""
    of_token = variant == "topk"
    pairs = Pairs.of_rows(scores.topk(k, dim=1, sorted=False).indices) if of_token else candidates(scores, k)
    found = Active(pairs, model.values(x, pairs))
    values = found.values.detach()
    least = 0.0 if of_token else values.kthvalue(max(1, len(values) - k * len(x) + 1)).values
    return found.among((values >= least) & (values > 0))


def candidates(scores: Tensor, k: int) -> Pairs:
    """Pairs that hold the K * tokens largest of all scores, and not many more. A few times as fast as ranking each token's."""
    some, spare = scores[::SOME].flatten().float(), SPARE * k * len(scores[::SOME])
    while True:
        bar = float(some.topk(int(spare), sorted=False).values.min()) if spare < len(some) else -math.inf
        token, latent = (scores >= bar).nonzero(as_tuple=True)
        if len(token) >= min(k * len(scores), scores.numel()):
            return Pairs(len(scores), token, latent)
        spare *= 2


def squared_error(x: Tensor, reconstruction: Tensor) -> Tensor:
    """Mean over tokens, as a share of what there is: 1 for a reconstruction by the mean."""
    return (x - reconstruction).square().sum(1).mean() / x.shape[1]


def reconstruction_loss(model: Autoencoder, x: Tensor, active: Active, variant: str) -> tuple[Tensor, Tensor]:
    """The loss, and the reconstruction by all latents; nested, each prefix of the latents counts alike."""
    if variant != "matryoshka":
        whole = model.decode(active)
        return squared_error(x, whole), whole
    width = len(model.decoder)
    part = lambda share: model.decode(active.among(active.pairs.latent < share * width))
    parts = [part(share) for share in PREFIXES]
    return torch.stack([squared_error(x, p) for p in parts]).mean(), parts[-1]


def auxiliary_loss(model: Autoencoder, x: Tensor, scores: Tensor, dead: Tensor, error: Tensor, k: int) -> Tensor:
    """Dead latents reconstruct what the others left, so that they come back (Gao et al. 2024)."""
    among = scores[:, dead].topk(min(k, len(dead)), dim=1, sorted=False).indices
    pairs = Pairs.of_rows(dead[among])
    rest = Sums.apply(model.decoder, pairs, model.values(x, pairs))
    return (error - rest).square().sum(1).mean() / error.square().sum(1).mean().clamp(min=1e-8)
