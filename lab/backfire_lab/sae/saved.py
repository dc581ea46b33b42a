"""An autoencoder as other tools read it: SAELens' folder, `cfg.json` and `sae_weights.safetensors`, JumpReLU.

    activations = (z > threshold) * relu(z),  z = (residual - b_dec) W_enc + b_enc;  reconstruction = activations W_dec + b_dec

The residual goes in as it is: mean and scale of training are inside the weights, and the rows of W_dec have length one, so an
activation is a length in the residual stream.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from backfire_lab.sae.autoencoder import Autoencoder
from backfire_lab.sae.places import write_json

WEIGHTS, CONFIGURATION = "sae_weights.safetensors", "cfg.json"


@dataclass(frozen=True)
class Norm:
    mean: Tensor  # [hidden]
    scale: float

    def apply(self, residual: Tensor) -> Tensor:
        return (residual - self.mean) * self.scale

    def undo(self, x: Tensor) -> Tensor:
        return x / self.scale + self.mean


@dataclass(frozen=True)
class Saved:
    encoder: Tensor  # W_enc [hidden, width]
    encoder_bias: Tensor  # b_enc [width]
    decoder: Tensor  # W_dec [width, hidden]
    decoder_bias: Tensor  # b_dec [hidden]
    threshold: Tensor  # [width]

    @classmethod
    def of(cls, model: Autoencoder, norm: Norm, threshold: Tensor) -> Saved:
        """From normalised units, in which `threshold` is too, to those of the residual stream."""
        return cls(
            encoder=model.encoder.detach().T.contiguous(),
            encoder_bias=model.encoder_bias.detach() / norm.scale,
            decoder=model.decoder.detach(),
            decoder_bias=norm.undo(model.decoder_bias.detach()),
            threshold=threshold / norm.scale,
        )

    def state(self, norm: Norm) -> dict[str, Tensor]:
        """Of the `Autoencoder` that scores the same in the units of `norm`: where `of` comes from."""
        return {
            "encoder": self.encoder.T.contiguous(),
            "decoder": self.decoder,
            "encoder_bias": self.encoder_bias * norm.scale,
            "decoder_bias": norm.apply(self.decoder_bias),
        }

    def scores(self, residual: Tensor) -> Tensor:
        """z, [tokens, width]"""
        return torch.addmm(self.encoder_bias, residual - self.decoder_bias, self.encoder)

    def activations(self, residual: Tensor) -> Tensor:
        """[tokens, width]"""
        z = self.scores(residual)
        return torch.where(z > self.threshold, z.clamp(min=0), 0.0)

    def decode(self, activations: Tensor) -> Tensor:
        return activations @ self.decoder + self.decoder_bias

    def save(self, folder: Path, metadata: dict) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {
            "W_enc": self.encoder, "b_enc": self.encoder_bias, "W_dec": self.decoder, "b_dec": self.decoder_bias,
            "threshold": self.threshold,
        }  # fmt: skip
        partial = folder / (WEIGHTS + ".partial")
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial)
        partial.replace(folder / WEIGHTS)
        hidden, width = self.encoder.shape
        write_json(
            folder / CONFIGURATION,
            {
                "architecture": "jumprelu",
                "d_in": hidden,
                "d_sae": width,
                "dtype": "float32",
                "device": "cpu",
                "apply_b_dec_to_input": True,
                "normalize_activations": "none",
                "reshape_activations": "none",
                "metadata": metadata,
            },
        )

    @classmethod
    def load(cls, folder: Path) -> Saved:
        configuration = json.loads((folder / CONFIGURATION).read_text())
        if configuration["architecture"] != "jumprelu" or configuration["normalize_activations"] != "none":
            raise SystemExit(f"{folder}: this reads jumprelu without normalisation, not {configuration['architecture']}")
        tensors = load_file(folder / WEIGHTS)
        return cls(*(tensors[name].float() for name in ("W_enc", "b_enc", "W_dec", "b_dec", "threshold")))
