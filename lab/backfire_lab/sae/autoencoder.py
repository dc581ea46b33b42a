"""The autoencoder and its loss, in normalised units: x = (residual - mean) * scale, so that E |x|^2 is the number of dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from backfire_lab.sae.sparse_rows import Dots, Sums

VARIANTS = ("topk", "batchtopk", "matryoshka")
PREFIXES = (1 / 16, 1 / 4, 1)  # of the width: latents that must do alone, for the nested variant
CANDIDATES = 3  # times K latents of a token compete for the batch's K per token
# Halves the time of the largest product of a step, where the processor has such instructions.
CHOOSING = torch.bfloat16 if torch.cpu.get_capabilities().get("avx512_bf16") else torch.float32


@dataclass(frozen=True)
class Active:
    chosen: Tensor  # int64 [tokens, places], latents
    values: Tensor  # [tokens, places], zero where a place is not taken


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
        rough = lambda tensor: tensor.to(CHOOSING)
        return torch.addmm(rough(self.encoder_bias), rough(x - self.decoder_bias), rough(self.encoder).T)

    def values(self, x: Tensor, chosen: Tensor) -> Tensor:
        """Activations of chosen latents in full precision, [tokens, places]."""
        dots = Dots.apply(self.encoder, chosen, (x - self.decoder_bias).detach())
        return torch.relu(dots + self.encoder_bias[chosen])

    def decode(self, active: Active) -> Tensor:
        return Sums.apply(self.decoder, active.chosen, active.values) + self.decoder_bias

    @torch.no_grad()
    def keep_length(self) -> None:
        self.decoder.copy_(nn.functional.normalize(self.decoder, dim=1))


def choose(model: Autoencoder, x: Tensor, scores: Tensor, k: int, variant: str) -> Active:
    """The K strongest latents of each token, or the strongest of the batch, K a token in the mean."""
    if variant == "topk":
        chosen = scores.topk(k, dim=1, sorted=False).indices
        return Active(chosen, model.values(x, chosen))
    chosen = scores.topk(min(CANDIDATES * k, scores.shape[1]), dim=1, sorted=False).indices
    values = model.values(x, chosen)
    least = values.detach().flatten().topk(k * len(x), sorted=False).values.min()
    return Active(chosen, torch.where(values >= least, values, 0.0))


def squared_error(x: Tensor, reconstruction: Tensor) -> Tensor:
    """Mean over tokens, as a share of what there is: 1 for a reconstruction by the mean."""
    return (x - reconstruction).square().sum(1).mean() / x.shape[1]


def reconstruction_loss(model: Autoencoder, x: Tensor, active: Active, variant: str) -> tuple[Tensor, Tensor]:
    """The loss, and the reconstruction by all latents; nested, each prefix of the latents counts alike."""
    if variant != "matryoshka":
        whole = model.decode(active)
        return squared_error(x, whole), whole
    width = len(model.decoder)
    part = lambda share: model.decode(Active(active.chosen, torch.where(active.chosen < share * width, active.values, 0.0)))
    parts = [part(share) for share in PREFIXES]
    return torch.stack([squared_error(x, p) for p in parts]).mean(), parts[-1]


def auxiliary_loss(model: Autoencoder, x: Tensor, scores: Tensor, dead: Tensor, error: Tensor, k: int) -> Tensor:
    """Dead latents reconstruct what the others left, so that they come back (Gao et al. 2024)."""
    among = scores[:, dead].topk(min(k, len(dead)), dim=1, sorted=False).indices
    chosen = dead[among]
    rest = Sums.apply(model.decoder, chosen, model.values(x, chosen))
    return (error - rest).square().sum(1).mean() / error.square().sum(1).mean().clamp(min=1e-8)
