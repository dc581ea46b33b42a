"""The pack's blocks in torch, with rounded products: for gathering and fine-tuning only, where millions of tokens pass through.

On processors that multiply bfloat16 (rounding.py) they take some 0.6 of the time of the pack's graphs, elsewhere as long. The residual
stream itself is kept in float32; what rounding changes is some 1e-4 of the variance, a thousandth of what an autoencoder leaves
unexplained. Every figure of a report is taken from the pack's own graphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import LlamaConfig, LlamaModel

from backfire_lab.reference import load_reference
from backfire_lab.sae.rounding import ROUGH


@dataclass(frozen=True)
class Block:
    """Matrices of one block; those that read a normed stream have the norm's weights folded in."""

    qkv: Tensor
    attention_out: Tensor
    gate_up: Tensor
    down: Tensor

    @classmethod
    def of(cls, layer: torch.nn.Module) -> Block:
        attention, mlp = layer.self_attn, layer.mlp
        qkv = torch.cat([attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight])
        gate_up = torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])
        exact = (
            qkv * layer.input_layernorm.weight, attention.o_proj.weight,
            gate_up * layer.post_attention_layernorm.weight, mlp.down_proj.weight,
        )  # fmt: skip
        return cls(*(matrix.detach().to(ROUGH) for matrix in exact))


class FastBlocks:
    """Blocks `first` to `last`, counted from 1. Gradients pass through to the stream; the weights have none."""

    def __init__(self, model: LlamaModel, first: int, last: int):
        self.config: LlamaConfig = model.config
        self.embedding = model.embed_tokens.weight.detach()
        self.rotary = model.rotary_emb
        self.blocks = [Block.of(block) for block in model.layers[first - 1 : last]]

    @classmethod
    def of_pack(cls, pack: Path, layer: int, threads: int) -> FastBlocks:
        """From ids to the stream after `layer`."""
        torch.set_num_threads(threads)
        return cls(load_reference(pack).model, 1, layer)

    @torch.no_grad()
    def run(self, ids: np.ndarray, lengths: list[int]) -> np.ndarray:
        """[tokens] int64 ids of sequences one behind the other, to [tokens, hidden]; called as `Blocks.run` is."""
        return self.through(self.embedding[torch.from_numpy(ids)], lengths).numpy()

    def through(self, residual: Tensor, lengths: list[int]) -> Tensor:
        """The stream before the blocks, [tokens, hidden] of sequences one behind the other, to the stream after them."""
        # Behind a causal mask, padding at the end changes nothing before it.
        padded = torch.nn.utils.rnn.pad_sequence(residual.split(lengths), batch_first=True)
        places = torch.arange(padded.shape[1])[None]
        angles = self.rotary(padded, places)
        cosine, sine = (part.to(ROUGH)[:, :, None] for part in angles)
        for block in self.blocks:
            padded = padded + functional.linear(self._attended(block, padded, cosine, sine), block.attention_out)
            gate, up = functional.linear(self._normed(padded), block.gate_up).chunk(2, dim=-1)
            padded = padded + functional.linear(functional.silu(gate) * up, block.down)
        return padded[places < torch.tensor(lengths)[:, None]]

    def _normed(self, residual: Tensor) -> Tensor:
        return functional.rms_norm(residual, residual.shape[-1:], eps=self.config.rms_norm_eps).to(ROUGH)

    def _attended(self, block: Block, residual: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        heads, shared = self.config.num_attention_heads, self.config.num_key_value_heads
        both = functional.linear(self._normed(residual), block.qkv)
        split = both.view(*residual.shape[:2], heads + 2 * shared, self.config.head_dim)
        turned = rotated(split[:, :, : heads + shared], cosine, sine)
        query, key, value = turned[:, :, :heads], turned[:, :, heads:], split[:, :, heads + shared :]
        each = lambda tensor: tensor.transpose(1, 2).repeat_interleave(heads // tensor.shape[2], dim=1)
        attended = functional.scaled_dot_product_attention(each(query), each(key), each(value), is_causal=True)
        return attended.transpose(1, 2).flatten(2)


def rotated(tensor: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotary position embedding, the halves of a head as real and imaginary part."""
    first, second = tensor.chunk(2, dim=-1)
    return tensor * cosine + torch.cat([-second, first], dim=-1) * sine
