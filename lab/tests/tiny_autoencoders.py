"""Random autoencoders in the forms of SAELens, Gemma Scope and sparsify. Matrices are exact in float16, as packs store them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

WIDTH, K = 72, 9  # no multiple of 16


def random_tensors(hidden: int, seed: int = 3) -> dict[str, torch.Tensor]:
    g = torch.Generator().manual_seed(seed)
    normal = lambda *dims: torch.randn(*dims, generator=g)
    return {
        "W_enc": (normal(hidden, WIDTH) / hidden**0.5).half().float(),
        "b_enc": 0.3 * normal(WIDTH),
        "W_dec": normal(WIDTH, hidden).half().float(),
        "b_dec": 0.3 * normal(hidden),
        "threshold": 0.4 + 0.6 * torch.rand(WIDTH, generator=g),
    }


def configuration(hidden: int, architecture: str, hook: str, **more) -> dict:
    return {
        "architecture": architecture, "d_in": hidden, "d_sae": WIDTH, "dtype": "float32", "device": "cpu",
        "apply_b_dec_to_input": True, "normalize_activations": "none", "reshape_activations": "none",
        "metadata": {"hook_name": hook}, **more,
    }  # fmt: skip


def saelens(folder: Path, tensors: dict[str, torch.Tensor], c: dict) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    own = {name: tensor for name, tensor in tensors.items() if name != "threshold" or c["architecture"] == "jumprelu"}
    save_file({name: tensor.contiguous() for name, tensor in own.items()}, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text(json.dumps(c))
    return folder


def gemma_scope(folder: Path, tensors: dict[str, torch.Tensor]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "params.npz", **{name: tensor.numpy() for name, tensor in tensors.items()})
    return folder / "params.npz"


def sparsify(folder: Path, tensors: dict[str, torch.Tensor], **changes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    weights = {"encoder.weight": tensors["W_enc"].T, "encoder.bias": tensors["b_enc"], "W_dec": tensors["W_dec"], "b_dec": tensors["b_dec"]}
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / "sae.safetensors")
    hidden = tensors["W_enc"].shape[0]
    c = {"expansion_factor": 32, "num_latents": WIDTH, "k": K, "d_in": hidden, "activation": "topk", "transcode": False, "skip_connection": False}
    (folder / "cfg.json").write_text(json.dumps({**c, **changes}))
    return folder


def jumprelu(tensors: dict[str, torch.Tensor], x: torch.Tensor, subtract: bool) -> torch.Tensor:
    z = (x - tensors["b_dec"] if subtract else x) @ tensors["W_enc"] + tensors["b_enc"]
    return z.relu() * (z > tensors["threshold"])


def topk(tensors: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    z = ((x - tensors["b_dec"]) @ tensors["W_enc"] + tensors["b_enc"]).relu()
    values, places = z.topk(K, dim=1)
    return torch.zeros_like(z).scatter(1, places, values)
