"""The weights of a Llama, Gemma or Qwen checkpoint by the names that the graphs have for them."""

from __future__ import annotations

import numpy as np

from backfire_lab.graph_builder import Shape
from backfire_lab.models.checkpoint import Checkpoint
from backfire_lab.models.stored import WeightFiles


def write_weights(shape: Shape, is_gemma: bool, source: Checkpoint, files: WeightFiles) -> dict[str, dict]:
    """Returns the index {file: {tensor: type, dims, offset, length}}."""
    s = shape

    def norm(ours: str, theirs: str, size: int) -> None:
        """Gemma multiplies by 1 + w, the others by w."""
        values = source.model(f"{theirs}.weight", size)
        files.vector(ours, values + np.float32(1) if is_gemma else values)

    files.table("embedding", source.model("embed_tokens.weight", s.vocabulary, s.hidden))
    for i in range(s.layers):
        ours, theirs = f"layers.{i}", f"layers.{i}"
        attention, mlp = f"{theirs}.self_attn", f"{theirs}.mlp"
        matrix = lambda name, of, *dims, ours=ours: files.matrix(f"{ours}.{name}", source.model(f"{of}.weight", *dims))
        matrix("q", f"{attention}.q_proj", s.query_size, s.hidden)
        matrix("k", f"{attention}.k_proj", s.kv_size, s.hidden)
        matrix("v", f"{attention}.v_proj", s.kv_size, s.hidden)
        matrix("o", f"{attention}.o_proj", s.hidden, s.query_size)
        matrix("gate", f"{mlp}.gate_proj", s.intermediate, s.hidden)
        matrix("up", f"{mlp}.up_proj", s.intermediate, s.hidden)
        matrix("down", f"{mlp}.down_proj", s.hidden, s.intermediate)
        if s.qkv_bias:
            sizes = {"q": s.query_size, "k": s.kv_size, "v": s.kv_size}
            biases = [source.model(f"{attention}.{name}_proj.bias", size) for name, size in sizes.items()]
            files.vector(f"{ours}.qkv_bias", np.concatenate(biases))
        if s.query_norm:
            norm(f"{ours}.q_norm", f"{attention}.q_norm", s.head_size)
            norm(f"{ours}.k_norm", f"{attention}.k_norm", s.head_size)
        for name, of in block_norms(s).items():
            norm(f"{ours}.{name}", f"{theirs}.{of}", s.hidden)
    norm("final_norm", "norm", s.hidden)
    if not s.tied:
        files.table("unembedding", source.head(s.vocabulary, s.hidden))
    source.refuse_unread()
    return files.close()


def block_norms(shape: Shape) -> dict[str, str]:
    """What stands after attention in Llama is the norm before the MLP; where norms follow too, each has a name of its own."""
    if not shape.post_norms:
        return {"attn_norm": "input_layernorm", "mlp_norm": "post_attention_layernorm"}
    return {
        "attn_norm": "input_layernorm",
        "attn_post_norm": "post_attention_layernorm",
        "mlp_norm": "pre_feedforward_layernorm",
        "mlp_post_norm": "post_feedforward_layernorm",
    }
