"""A stream whose directions are known, and a small autoencoder of it."""

import backfire_lab.before_torch  # noqa: F401, I001
import torch

from backfire_lab.sae.autoencoder import Autoencoder
from backfire_lab.sae.saved import Norm, Saved
from backfire_lab.sae.thresholds import thresholds

HIDDEN, TRUE, ACTIVE = 32, 48, 3


def made_of_few_directions(tokens: int, seed: int) -> torch.Tensor:
    """Streams with a mean, in which each token is a sum of 3 of 48 directions."""
    directions = torch.nn.functional.normalize(torch.randn(TRUE, HIDDEN, generator=torch.Generator().manual_seed(1)), dim=1)
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.stack([torch.randperm(TRUE, generator=generator)[:ACTIVE] for _ in range(tokens)])
    strength = 1 + torch.rand(tokens, ACTIVE, generator=generator)
    return 20 * (strength[..., None] * directions[chosen]).sum(1) + 7


def small_autoencoder() -> tuple[Autoencoder, Norm, Saved]:
    """Untrained, with thresholds: its weights in the units of training, those units, and the saved form."""
    model = Autoencoder(HIDDEN, 96, torch.Generator().manual_seed(3))
    with torch.no_grad():
        model.encoder_bias.normal_(std=0.1, generator=torch.Generator().manual_seed(4))
        model.decoder_bias.normal_(std=0.1, generator=torch.Generator().manual_seed(5))
    norm = Norm(torch.full((HIDDEN,), 7.0), 0.05)
    batches = [norm.apply(rows) for rows in made_of_few_directions(4000, seed=6).split(500)]
    return model, norm, Saved.of(model, norm, thresholds(model, batches, 5, "topk"))
