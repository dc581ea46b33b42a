"""Autoencoders of others, in three forms, as what the graphs compute:

    z = (residual - b_dec) W_enc + b_enc;  activations = relu(z) above a threshold for each latent, or of the K largest z
    reconstruction = activations W_dec + b_dec

SAELens      a folder with cfg.json and sae_weights.safetensors; jumprelu, standard (ReLU) and topk
Gemma Scope  params.npz, JumpReLU; the layer is in the name of a folder above it
sparsify     a folder, named after its hook point, with cfg.json and sae.safetensors; TopK
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

from backfire_lab.models.refusal import Refused, need

FLOATS = ("float32", "float16", "bfloat16")
SAELENS, GEMMA_SCOPE, SPARSIFY = "sae_weights.safetensors", "params.npz", "sae.safetensors"


@dataclass(frozen=True)
class Given:
    """Float32; W_enc [hidden, width], W_dec [width, hidden]."""

    where: Path
    w_enc: torch.Tensor
    b_enc: torch.Tensor
    w_dec: torch.Tensor
    b_dec: torch.Tensor
    threshold: torch.Tensor | None  # [width]; None where the K largest count
    k: int | None
    subtracts_b_dec: bool
    hook: str | None  # as it says itself
    sink_norm: float | None

    @property
    def hidden(self) -> int:
        return self.w_enc.shape[0]

    @property
    def width(self) -> int:
        return self.w_enc.shape[1]


def read_autoencoder(path: Path) -> Given:
    if path.suffix == ".npz":
        return gemma_scope(path)
    for name, read in {SAELENS: saelens, GEMMA_SCOPE: lambda folder: gemma_scope(folder / GEMMA_SCOPE), SPARSIFY: sparsify}.items():
        if (path / name).exists():
            return read(path)
    raise Refused(f"{path}: no autoencoder is there; needed is {SAELENS}, {GEMMA_SCOPE} or {SPARSIFY}")


def layer_of(given: Given, hook: str | None, layer: int | None) -> int:
    """L of resid L that the autoencoder reads; `hook` and `layer` are what the command was told."""
    if given.hook and hook:
        need(given.where, "hook", given.hook, hook, stream_of(given.where, given.hook) == stream_of("--hook", hook))
    known = given.hook or hook
    if known is None:
        raise Refused(f"{given.where}: hook is not told; give it with --hook, as in blocks.20.hook_resid_post")
    read = stream_of(given.where, known)
    if layer is not None:
        need("--layer", "layer", layer, read)
    return read


def stream_of(where: object, hook: str) -> int:
    """Blocks that the residual stream at TransformerLens' hook has behind it."""
    found = re.fullmatch(r"blocks\.(\d+)\.hook_resid_(pre|post)", hook)
    need(where, "hook", hook, "blocks.N.hook_resid_post or blocks.N.hook_resid_pre", found is not None)
    return int(found[1]) + (found[2] == "post")


def saelens(folder: Path) -> Given:
    path = folder / "cfg.json"
    c = configuration(path)
    metadata = c.get("metadata") or {}
    kind = c.get("architecture")
    activation = c.get("activation_fn_str") or c.get("activation_fn")
    if kind == "standard" and activation == "topk":
        kind, c = "topk", {**c, **(c.get("activation_fn_kwargs") or {})}
    need(path, "architecture", kind, "jumprelu or standard or topk", kind in ("jumprelu", "standard", "topk"))
    if kind == "standard":
        need(path, "activation_fn", activation or "relu", "relu")
    need(path, "normalize_activations", c.get("normalize_activations", "none"), "none")
    need(path, "reshape_activations", c.get("reshape_activations", "none"), "none")
    need(path, "finetuning_scaling_factor", bool(c.get("finetuning_scaling_factor", False)), False)
    dtype = str(c.get("dtype", "float32")).removeprefix("torch.")
    need(path, "dtype", dtype, " or ".join(FLOATS), dtype in FLOATS)
    hidden, width = whole(path, c, "d_in"), whole(path, c, "d_sae")
    names = ["W_enc", "b_enc", "W_dec", "b_dec", *(["threshold"] if kind == "jumprelu" else [])]
    tensors = shaped(folder / SAELENS, from_safetensors(folder / SAELENS), names, hidden, width)
    if kind == "topk" and c.get("rescale_acts_by_decoder_norm"):
        norms = tensors["W_dec"].norm(dim=1)
        tensors |= {"W_enc": tensors["W_enc"] * norms, "b_enc": tensors["b_enc"] * norms, "W_dec": tensors["W_dec"] / norms[:, None]}
    threshold = {"jumprelu": lambda: tensors["threshold"], "standard": lambda: torch.zeros(width), "topk": lambda: None}[kind]()
    return Given(
        folder,
        *(tensors[name] for name in names[:4]),
        threshold=threshold,
        k=kept_latents(path, c, width) if kind == "topk" else None,
        subtracts_b_dec=bool(c.get("apply_b_dec_to_input", True)),
        hook=metadata.get("hook_name") or c.get("hook_name") or c.get("hook_point"),
        sink_norm=metadata.get("sink_norm"),
    )


def gemma_scope(path: Path) -> Given:
    if not path.exists():
        raise Refused(f"{path} is missing")
    with np.load(path) as arrays:
        found = {re.sub(r"^w_", "W_", name): arrays[name] for name in arrays}
    for name, values in found.items():
        need(path, f"dtype of {name}", str(values.dtype), " or ".join(FLOATS[:2]), str(values.dtype) in FLOATS[:2])
    if "scaling_factor" in found:
        need(path, "scaling_factor", found.pop("scaling_factor").tolist(), "all 1", False)
    if "W_enc" not in found or found["W_enc"].ndim != 2:
        raise Refused(f"{path}: W_enc is missing or no matrix; there are {', '.join(sorted(found)) or 'no tensors'}")
    names = ["W_enc", "b_enc", "W_dec", "b_dec", "threshold"]
    tensors = shaped(path, {name: torch.from_numpy(values) for name, values in found.items()}, names, *found["W_enc"].shape)
    parts = path.resolve().parent.parts
    kind = next((part for part in parts if part.startswith("gemma-scope")), None)
    if kind:
        need(path, "folder", kind, "gemma-scope-…-res, which read the residual stream", kind.endswith("-res"))
    layers = [found[1] for part in parts if (found := re.fullmatch(r"layer_(\d+)", part))]
    return Given(
        path,
        *(tensors[name] for name in names),
        k=None,
        subtracts_b_dec=False,
        hook=f"blocks.{layers[-1]}.hook_resid_post" if layers else None,
        sink_norm=None,
    )


def sparsify(folder: Path) -> Given:
    path = folder / "cfg.json"
    c = configuration(path)
    activation = c.get("activation", "topk")
    need(path, "activation", activation, "topk")
    for field in ("transcode", "skip_connection", "signed"):
        need(path, field, bool(c.get(field, False)), False)
    hidden = whole(path, c, "d_in")
    # expansion_factor is known to be wrong where num_latents stands beside it.
    width = c.get("num_latents") or hidden * whole(path, c, "expansion_factor")
    found = from_safetensors(folder / SPARSIFY)
    if "encoder.weight" in found:
        found["W_enc"], found["b_enc"] = found.pop("encoder.weight").T, found.pop("encoder.bias", None)
    tensors = shaped(folder / SPARSIFY, found, ["W_enc", "b_enc", "W_dec", "b_dec"], hidden, width)
    return Given(
        folder,
        *tensors.values(),
        threshold=None,
        k=kept_latents(path, c, width),
        subtracts_b_dec=True,
        hook=hook_of_sparsify(folder.resolve().name),
        sink_norm=None,
    )


def hook_of_sparsify(name: str) -> str | None:
    """A folder has the name of the module whose output it reads: layers.20 is block 20, counted from 0."""
    found = re.fullmatch(r"(?:model\.)?(?:layers|h)\.(\d+)((?:\.\w+)*)", name)
    if not found:
        return None
    return f"blocks.{found[1]}.hook_{found[2][1:].replace('.', '_')}_out" if found[2] else f"blocks.{found[1]}.hook_resid_post"


def configuration(path: Path) -> dict:
    if not path.exists():
        raise Refused(f"{path} is missing")
    return json.loads(path.read_text())


def whole(path: Path, c: dict, field: str) -> int:
    value = c.get(field)
    need(path, field, value, "a positive whole number", type(value) is int and value > 0)
    return value


def kept_latents(path: Path, c: dict, width: int) -> int:
    k = whole(path, c, "k")
    need(path, "k", k, f"at most the width, {width}", k <= width)
    return k


def from_safetensors(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def shaped(path: Path, found: dict[str, torch.Tensor | None], names: list[str], hidden: int, width: int) -> dict[str, torch.Tensor]:
    """The tensors by name, float32; refuses one that is missing, of another shape or type, or that holds what is no number."""
    shapes = {"W_enc": [hidden, width], "W_dec": [width, hidden], "b_enc": [width], "b_dec": [hidden], "threshold": [width]}
    tensors = {}
    for name in names:
        tensor = found.get(name)
        if tensor is None:
            raise Refused(f"{path}: {name} is missing, needed with shape {shapes[name]}; there are {', '.join(sorted(found))}")
        need(path, f"shape of {name}", list(tensor.shape), shapes[name])
        dtype = str(tensor.dtype).removeprefix("torch.")
        need(path, f"dtype of {name}", dtype, " or ".join(FLOATS), dtype in FLOATS)
        odd = int((~torch.isfinite(tensor)).sum())
        if odd:
            raise Refused(f"{path}: {name} holds {odd} values that are no numbers")
        tensors[name] = tensor.float()
    return tensors
