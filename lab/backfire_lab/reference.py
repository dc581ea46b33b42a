"""The reference: a pack's model as fp32 in torch, from the weights as they are stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

BLOCK = 32


def stored_matrix(index: dict, data: np.ndarray, name: str) -> np.ndarray:
    """float32 [out, in] of a matrix that is stored as levels [in/32, 32, out], scale and minimum [in/32, 1, out]."""
    blocks, _, out = index[f"{name}.levels"]["dims"]
    packed = _bytes(index, data, f"{name}.levels")
    levels = np.stack([packed & 15, packed >> 4], axis=-1).reshape(blocks, BLOCK, out).astype(np.float32)
    part = lambda of: _bytes(index, data, f"{name}.{of}").view(np.float16).reshape(blocks, 1, out).astype(np.float32)
    return (levels * part("scale") + part("minimum")).reshape(blocks * BLOCK, out).T


def stored_embedding(index: dict, data: np.ndarray) -> np.ndarray:
    """float32 [vocabulary, hidden]"""
    rows, blocks, size = index["embedding.levels"]["dims"]
    levels = _bytes(index, data, "embedding.levels").view(np.int8).reshape(rows, blocks, size)
    scale = _bytes(index, data, "embedding.scale").view(np.float16).reshape(rows, blocks, 1)
    return (levels.astype(np.float32) * scale.astype(np.float32)).reshape(rows, blocks * size)


def stored_vector(index: dict, data: np.ndarray, name: str) -> np.ndarray:
    return _bytes(index, data, name).view(np.float32)


def _bytes(index: dict, data: np.ndarray, name: str) -> np.ndarray:
    entry = index[name]
    return data[entry["offset"] : entry["offset"] + entry["length"]]


OF_TORCH = {
    "q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
    "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj",
}  # fmt: skip


def load_reference(pack_folder: Path) -> LlamaForCausalLM:
    """The pack's model in torch, fp32, in evaluation mode."""
    pack = json.loads((pack_folder / "pack.json").read_text())
    shape = pack["model"]
    config = LlamaConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["hidden"],
        intermediate_size=shape["intermediate"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["kv_heads"],
        head_dim=shape["head_size"],
        max_position_embeddings=8192,
        rms_norm_eps=shape["norm_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": shape["rope_base"]},
        tie_word_embeddings=True,
    )
    index = pack["weights"]
    read = lambda name: np.fromfile(pack_folder / name, dtype=np.uint8)
    blocks, embedding = read("blocks.bin"), read("embedding.bin")
    tensor = lambda array: torch.from_numpy(np.ascontiguousarray(array))
    table = tensor(stored_embedding(index["embedding.bin"], embedding))
    state = {
        "model.embed_tokens.weight": table,
        "lm_head.weight": table,
        "model.norm.weight": tensor(stored_vector(index["blocks.bin"], blocks, "final_norm")),
    }
    for i in range(shape["layers"]):
        ours, theirs = f"layers.{i}", f"model.layers.{i}"
        for name, of_torch in OF_TORCH.items():
            state[f"{theirs}.{of_torch}.weight"] = tensor(stored_matrix(index["blocks.bin"], blocks, f"{ours}.{name}"))
        for name, of_torch in {"attn_norm": "input_layernorm", "mlp_norm": "post_attention_layernorm"}.items():
            state[f"{theirs}.{of_torch}.weight"] = tensor(stored_vector(index["blocks.bin"], blocks, f"{ours}.{name}"))
    model = LlamaForCausalLM(config).eval()
    model.load_state_dict(state, strict=True)
    return model


Gradients = tuple[list[torch.Tensor], list[torch.Tensor]]  # reads and errors of blocks, [tokens, inputs] and [tokens, hidden]


@dataclass(frozen=True)
class Pass:
    """One forward pass over one text."""

    residuals: tuple[torch.Tensor, ...]  # residuals[l] is resid l [tokens, hidden]; resid 0 the embedding
    hidden: torch.Tensor  # [tokens, hidden], after the last norm
    log_probabilities: torch.Tensor  # [tokens, vocabulary]


@torch.no_grad()
def forward(model: LlamaForCausalLM, ids: list[int]) -> Pass:
    out = model.model(torch.tensor([ids]), output_hidden_states=True)
    hidden = out.last_hidden_state[0]
    return Pass(tuple(r[0] for r in out.hidden_states), hidden, model.lm_head(hidden).log_softmax(-1))


def gradient_products(model: LlamaForCausalLM, sample_ids: list[int], query_ids: list[int], start: int, layer: int) -> torch.Tensor:
    """[sample tokens - 1, query tokens - start]: what graphs.py adds up over the blocks after `layer`, by autograd.

    For each pair of tokens the inner product of what they add to two gradients with respect to the attentions' output
    matrices: that of the whole sample's NLL, and that of the query's from token `start` on.
    """
    blocks = model.model.layers[layer:]
    return inner_products(reads_and_errors(model, blocks, sample_ids, 1), reads_and_errors(model, blocks, query_ids, start), start)


def inner_products(sample: Gradients, query: Gradients, start: int) -> torch.Tensor:
    """[sample tokens - 1, query tokens - start], summed over the blocks of both."""
    rows, queries = slice(0, -1), slice(start - 1, -1)
    return sum((a[rows] @ a_q[queries].T) * (d[rows] @ d_q[queries].T) for a, d, a_q, d_q in zip(*sample, *query, strict=True))


def reads_and_errors(model: LlamaForCausalLM, blocks, ids: list[int], start: int) -> Gradients:
    """Of each block, what its attention's output matrix reads, and the gradient with respect to what it writes."""
    read, written = [], []

    def keep(_, inputs, output) -> None:
        read.append(inputs[0][0].detach())
        written.append(output)

    hooks = [block.self_attn.o_proj.register_forward_hook(keep) for block in blocks]
    log_p = model(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
    for hook in hooks:
        hook.remove()
    loss = -log_p.gather(1, torch.tensor(ids[1:])[:, None])[start - 1 :].sum()
    return read, [error[0] for error in torch.autograd.grad(loss, written)]
