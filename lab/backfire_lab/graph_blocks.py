"""A block of a Llama-shaped model, forward."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from backfire_lab.graph_builder import Graph


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


def rotary_turns(g: Graph) -> str:
    def build(root: Graph) -> str:
        s, number = root.shape, lambda value: root.const(value, np.float32)
        positions = root.op("Range", number(0.0), number(float(s.window)), number(1.0))
        exponent = np.arange(0, s.head_size, 2, dtype=np.float64) / s.head_size
        frequency = number((1.0 / s.rope_base**exponent)[None, :])
        return root.op("Mul", root.op("Unsqueeze", positions, root.const([1], np.int64)), frequency)

    return g.once("turns", build)


@dataclass(frozen=True)
class Steps:
    """What a block computes on its way up to its last matrix, [tokens, …]."""

    start: str  # the residual stream before the block
    qkv: str
    attended: str  # what the attention's output matrix reads
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
    qkv = g.op("MatMul", normed, qkv_matrix(g, i))
    slots = g.op(
        "GroupQueryAttention", g.op("Gather", qkv, layout.layout), "", "", "", "", layout.last, layout.total, layout.cos, layout.sin,
        outputs=3, domain="com.microsoft", num_heads=s.heads, kv_num_heads=s.kv_heads, do_rotary=1, rotary_interleaved=0,
    )[0]  # fmt: skip
    attended = g.op("Gather", g.op("Reshape", slots, g.const([-1, s.hidden], np.int64)), layout.home)
    update = g.op("MatMul", attended, g.q4_matrix(f"layers.{i}.o"))
    middle, normed = add_and_norm(g, residual, update, f"layers.{i}.mlp_norm")
    gate, up = (g.op("MatMul", normed, g.q4_matrix(f"layers.{i}.{name}")) for name in ("gate", "up"))
    return Steps(residual, qkv, attended, middle, gate, up)


def end_block(g: Graph, i: int, steps: Steps, next_norm: str | None) -> tuple[str, str]:
    """The residual stream after block i, plain and normed for the next one; the last block of a graph norms nothing."""
    silu = g.op("QuickGelu", steps.gate, domain="com.microsoft", alpha=1.0)  # x * sigmoid(x)
    update = g.op("MatMul", g.op("Mul", silu, steps.up), g.q4_matrix(f"layers.{i}.down"))
    return add_and_norm(g, steps.middle, update, next_norm) if next_norm else (g.op("Add", steps.middle, update), "")


def add_and_norm(g: Graph, residual: str, update: str, weight: str) -> tuple[str, str]:
    """The sum and its norm, by one operator that reads the stream once."""
    normed, _, _, total = g.op(
        "SkipSimplifiedLayerNormalization", residual, update, g.weight(weight),
        outputs=4, domain="com.microsoft", epsilon=g.shape.norm_epsilon,
    )  # fmt: skip
    return total, normed


def qkv_matrix(g: Graph, i: int) -> str:
    parts = lambda root: (root.q4_matrix(f"layers.{i}.{name}") for name in "qkv")
    return g.once(f"layers.{i}.qkv", lambda root: root.op("Concat", *parts(root), axis=1))
