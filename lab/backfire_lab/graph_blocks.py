"""A block of a Llama-shaped model, forward; Gemma-2, Gemma-3 and Qwen are such, with what `Shape` says of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from backfire_lab.graph_builder import Graph, Shape


# Attention runs over versions, everything else over distinct tokens: `layout` holds, for each version (row) and each
# position in it, the index of its token, so that a shared prefix is computed once and read by several rows.
def layout_inputs(prefix: str = "", tokens: str = "tokens") -> list[onnx.ValueInfoProto]:
    info, versions = helper.make_tensor_value_info, f"{prefix}versions"
    return [
        info(f"{prefix}layout", TensorProto.INT64, [versions, f"{prefix}length"]),
        info(f"{prefix}lengths", TensorProto.INT32, [versions]),
        info(f"{prefix}home", TensorProto.INT64, [tokens]),
    ]


class Layout:
    """What every layer of a run needs: token order of each version, where each token's result is read, rotary tables."""

    def __init__(self, g: Graph, prefix: str = ""):
        self.layout, self.lengths, self.home = (f"{prefix}{name}" for name in ("layout", "lengths", "home"))
        self.last = g.op("Sub", self.lengths, g.const([1], np.int32))
        self.length = g.op("Gather", g.op("Shape", self.layout), g.const(1, np.int64))
        self.total = g.op("Cast", self.length, to=TensorProto.INT32)
        self.cos = g.once("cos", lambda root: root.op("Cos", rotary_turns(root)))  # [window, head_size / 2]
        self.sin = g.once("sin", lambda root: root.op("Sin", rotary_turns(root)))
        self._shape = g.shape

    def rotary(self, g: Graph, i: int) -> tuple[str, str]:
        """cos and sin of block i."""
        if i not in self._shape.windowed or self._shape.local_rope_base is None:
            return self.cos, self.sin
        table = lambda kind: g.once(f"local {kind}", lambda root: root.op(kind, rotary_turns(root, local=True)))
        return table("Cos"), table("Sin")


def rotary_turns(g: Graph, local: bool = False) -> str:
    def build(root: Graph) -> str:
        s, number = root.shape, lambda value: root.const(value, np.float32)
        positions = root.op("Range", number(0.0), number(float(s.window)), number(1.0))
        frequency = number((local_frequencies(s) if local else frequencies(s))[None, :])
        return root.op("Mul", root.op("Unsqueeze", positions, root.const([1], np.int64)), frequency)

    return g.once("local turns" if local else "turns", build)


def frequencies(s: Shape) -> np.ndarray:
    """Radians a position, [head_size / 2]. Llama 3's scaling leaves short waves, stretches long ones, and blends between."""
    plain, scaling = unscaled_frequencies(s.head_size, s.rope_base), s.rope_scaling
    if scaling is None:
        return plain
    if scaling["type"] == "linear":
        return plain / scaling["factor"]
    turns = scaling["original_max_position_embeddings"] * plain / (2 * np.pi)  # within the context of the first training
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    kept = np.clip((turns - low) / (high - low), 0, 1)
    return kept * plain + (1 - kept) * plain / scaling["factor"]


def local_frequencies(s: Shape) -> np.ndarray:
    return unscaled_frequencies(s.head_size, s.local_rope_base)


def unscaled_frequencies(head_size: int, base: float) -> np.ndarray:
    return 1.0 / base ** (np.arange(0, head_size, 2, dtype=np.float64) / head_size)


@dataclass(frozen=True)
class Steps:
    """What a block computes on its way up to its last matrix, [tokens, …]."""

    start: str  # the residual stream before the block
    projected: str  # q, k and v as their matrix gives them
    qkv: str  # as attention reads them: where the model norms q and k, normed
    attended: str  # what the attention's output matrix reads
    written: str  # what it writes
    middle: str  # the residual stream with attention added
    gate: str
    up: str


def steps_of(g: Graph, first: int, last: int, residual: str, layout: Layout) -> list[Steps]:
    """Blocks `first` to `last`, counted from 1, from the residual stream [tokens, hidden] before them."""
    normed, steps = g.norm(residual, f"layers.{first - 1}.attn_norm"), []
    for i in range(first - 1, last):
        if steps:
            residual, normed = end_block(g, i - 1, steps[-1], f"layers.{i}.attn_norm")
        steps.append(begin_block(g, i, residual, normed, layout))
    return steps


def begin_block(g: Graph, i: int, residual: str, normed: str, layout: Layout) -> Steps:
    """Block i, counted from 0, with causal grouped-query attention, but for its last matrix."""
    s = g.shape
    projected = g.op("MatMul", normed, qkv_matrix(g, i))
    if s.qkv_bias:
        projected = g.op("Add", projected, g.weight(f"layers.{i}.qkv_bias"))
    qkv = norm_heads(g, i, projected) if s.query_norm else projected
    slots = g.op(
        "GroupQueryAttention", g.op("Gather", qkv, layout.layout), "", "", "", "", layout.last, layout.total, *layout.rotary(g, i),
        outputs=3, domain="com.microsoft", num_heads=s.heads, kv_num_heads=s.kv_heads, do_rotary=1, rotary_interleaved=0,
        **unusual_attention(s, i),
    )[0]  # fmt: skip
    attended = g.op("Gather", g.op("Reshape", slots, g.const([-1, s.query_size], np.int64)), layout.home)
    written = g.op("MatMul", attended, g.matrix(f"layers.{i}.o"))
    update = g.norm(written, f"layers.{i}.attn_post_norm") if s.post_norms else written
    middle, normed = add_and_norm(g, residual, update, f"layers.{i}.mlp_norm")
    gate, up = (g.op("MatMul", normed, g.matrix(f"layers.{i}.{name}")) for name in ("gate", "up"))
    return Steps(residual, projected, qkv, attended, written, middle, gate, up)


def unusual_attention(s: Shape, i: int) -> dict:
    """Attributes of block i's attention where it is not Llama's."""
    given = {"scale": s.attention_scale, "softcap": s.attention_cap}
    window = {"local_window_size": s.attention_window} if i in s.windowed else {}
    return {name: value for name, value in given.items() if value is not None} | window


def norm_heads(g: Graph, i: int, projected: str) -> str:
    s = g.shape
    q, k, v = g.op("Split", projected, g.const([s.query_size, s.kv_size, s.kv_size], np.int64), outputs=3, axis=-1)

    def normed(x: str, heads: int, weight: str) -> str:
        apart = g.op("Reshape", x, g.const([-1, heads, s.head_size], np.int64))
        return g.op("Reshape", g.norm(apart, weight), g.const([-1, heads * s.head_size], np.int64))

    q, k = normed(q, s.heads, f"layers.{i}.q_norm"), normed(k, s.kv_heads, f"layers.{i}.k_norm")
    return g.op("Concat", q, k, v, axis=-1)


def end_block(g: Graph, i: int, steps: Steps, next_norm: str | None) -> tuple[str, str]:
    """The residual stream after block i, plain and normed for the next one; the last block of a graph norms nothing."""
    update = mlp_written(g, i, steps)
    if g.shape.post_norms:
        update = g.norm(update, f"layers.{i}.mlp_post_norm")
    return add_and_norm(g, steps.middle, update, next_norm) if next_norm else (g.op("Add", steps.middle, update), "")


def mlp_written(g: Graph, i: int, steps: Steps) -> str:
    """What the last matrix of block i writes."""
    if g.shape.activation == "gelu_tanh":
        activated = g.op("Gelu", steps.gate, approximate="tanh")
    else:
        activated = g.op("QuickGelu", steps.gate, domain="com.microsoft", alpha=1.0)  # x * sigmoid(x)
    return g.op("MatMul", g.op("Mul", activated, steps.up), g.matrix(f"layers.{i}.down"))


def add_and_norm(g: Graph, residual: str, update: str, weight: str) -> tuple[str, str]:
    """The sum and its norm, by one operator that reads the stream once."""
    normed, _, _, total = g.op(
        "SkipSimplifiedLayerNormalization", residual, update, g.weight(weight),
        outputs=4, domain="com.microsoft", epsilon=g.shape.norm_epsilon,
    )  # fmt: skip
    return total, normed


def qkv_matrix(g: Graph, i: int) -> str:
    parts = lambda root: (root.matrix(f"layers.{i}.{name}") for name in "qkv")
    return g.once(f"layers.{i}.qkv", lambda root: root.op("Concat", *parts(root), axis=1))
