"""Weights of a Hugging Face folder: one safetensors file, or several with an index."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

from backfire_lab.models.refusal import Refused, need

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
TYPES = {"F32", "F16", "BF16"}
PREFIXES = ("model.", "language_model.model.", "model.language_model.")  # the latter two in models that also see
HEADS = ("lm_head.weight", "language_model.lm_head.weight")


class Checkpoint:
    """Tensors by name, as float32, each checked as it is read."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._files = {name: safe_open(folder / name, framework="pt") for name in self._names()}
        self._place = {tensor: file for file in self._files.values() for tensor in file.keys()}  # noqa: SIM118
        self.read: set[str] = set()
        found = (prefix for prefix in PREFIXES if f"{prefix}embed_tokens.weight" in self._place)
        self.prefix = next(found, None)
        if self.prefix is None:
            raise Refused(f"{folder}: the weights have no tensor model.embed_tokens.weight")

    def _names(self) -> list[str]:
        if (self.folder / INDEX).exists():
            names = sorted(set(json.loads((self.folder / INDEX).read_text())["weight_map"].values()))
        else:
            names = [SINGLE]
        for name in names:
            if not (self.folder / name).exists():
                raise Refused(f"{self.folder / name} is missing: weights are read as safetensors")
        return names

    def model(self, name: str, *dims: int) -> np.ndarray:
        return self.tensor(self.prefix + name, *dims)

    def head(self, *dims: int) -> np.ndarray:
        name = next((name for name in HEADS if name in self._place), HEADS[0])
        return self.tensor(name, *dims)

    def tensor(self, name: str, *dims: int) -> np.ndarray:
        """Refuses a tensor that is missing, of another shape or type, or that holds values that are no numbers."""
        if name not in self._place:
            raise Refused(f"{self.folder}: the weights have no tensor {name}, needed with shape {list(dims)}")
        part = self._place[name].get_slice(name)
        need(self.folder, f"shape of {name}", list(part.get_shape()), list(dims))
        need(self.folder, f"dtype of {name}", part.get_dtype(), " or ".join(sorted(TYPES)), part.get_dtype() in TYPES)
        values = part[:].to(torch.float32)
        odd = int((~torch.isfinite(values)).sum())
        if odd:
            raise Refused(f"{self.folder}: {name} holds {odd} values that are no numbers")
        self.read.add(name)
        return values.numpy()

    def refuse_unread(self) -> None:
        """A tensor of a block that no graph knows would be missing from what it computes."""
        blocks = f"{self.prefix}layers."
        left = sorted(name for name in self._place.keys() - self.read if name.startswith(blocks) and not name.endswith("rotary_emb.inv_freq"))
        if left:
            raise Refused(f"{self.folder}: {len(left)} tensors have no place in this architecture, {left[0]} for one")
