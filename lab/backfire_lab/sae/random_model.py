"""The control: a model of the same shape whose weights were drawn, not learnt. What an autoencoder finds there is in the text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import numpy as np
import torch
from transformers import LlamaConfig, LlamaModel


def random_blocks(pack: Path, layer: int, seed: int, threads: int) -> Callable[[np.ndarray, list[int]], np.ndarray]:
    """Runs `layer` blocks with the usual initialisation (normal, standard deviation 0.02); the same for a seed."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    shape = json.loads((pack / "pack.json").read_text())["model"]
    config = LlamaConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["hidden"],
        intermediate_size=shape["intermediate"],
        num_hidden_layers=layer,
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["kv_heads"],
        head_dim=shape["head_size"],
        rms_norm_eps=shape["norm_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": shape["rope_base"]},
    )
    model = LlamaModel(config).eval()

    @torch.no_grad()
    def run(ids: np.ndarray, lengths: list[int]) -> np.ndarray:
        padded = torch.nn.utils.rnn.pad_sequence(torch.from_numpy(ids).split(lengths), batch_first=True)
        used = torch.arange(padded.shape[1])[None] < torch.tensor(lengths)[:, None]
        # Behind a causal mask, padding at the end changes nothing before it. The last state is normed: hence the one before.
        kept = {}
        hook = model.layers[-1].register_forward_hook(lambda _module, _inputs, output: kept.update(last=output))
        model(padded)
        hook.remove()
        return kept["last"][used].numpy()

    return run
