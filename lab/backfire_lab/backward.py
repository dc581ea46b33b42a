"""A block of a Llama-shaped model, backward: from the error of what it gives to the error of what it takes.

An error is the gradient of the loss with respect to an activation, in that activation's shape.
"""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from backfire_lab.graph_blocks import Layout, Steps, qkv_matrix
from backfire_lab.graph_builder import Graph


class BackwardLayout(Layout):
    """The layout of a backward run, with masks of the attention's slots."""

    def __init__(self, g: Graph, prefix: str):
        super().__init__(g, prefix)
        number, axis = lambda value: g.const(value, np.int32), lambda n: g.const([n], np.int64)
        positions = g.op("Unsqueeze", g.op("Range", number(0), self.total, number(1)), axis(0))
        inside = g.op("Less", positions, g.op("Unsqueeze", self.lengths, axis(1)))
        # [versions, length, 1], zero behind a version's end
        self.inside = g.op("Unsqueeze", g.op("Cast", inside, to=TensorProto.FLOAT), axis(2))
        size = g.op("Unsqueeze", self.length, axis(0))
        full = g.op("Expand", g.const(-1e30, np.float32), g.op("Concat", size, size, axis=0))
        behind = g.op("Trilu", full, g.const(1, np.int64), upper=1)
        # [length x group, length], far below any score where a position lies behind the one that looks
        alike = g.op("Tile", g.op("Unsqueeze", behind, axis(1)), g.const([1, g.shape.heads // g.shape.kv_heads, 1], np.int64))
        self.causal = g.op("Reshape", alike, g.op("Concat", axis(-1), size, axis=0))


def block_errors(g: Graph, i: int, steps: Steps, error: str, layout: BackwardLayout, through_attention: bool) -> tuple[str, str]:
    """Errors of the residual stream in the middle of block i and before it; where the latter is not asked for, the former twice."""
    weight = lambda name: g.q4_matrix(f"layers.{i}.{name}")
    gate_error, up_error = gate_errors(g, steps, back_through(g, error, weight("down")))
    normed_error = g.op("Gemm", up_error, weight("up"), back_through(g, gate_error, weight("gate")), transB=1)
    middle_error = g.op("Add", error, norm_error(g, steps.middle, f"layers.{i}.mlp_norm", normed_error))
    if not through_attention:
        return middle_error, middle_error
    qkv_error = attention_error(g, steps, back_through(g, middle_error, weight("o")), layout)
    start_error = norm_error(g, steps.start, f"layers.{i}.attn_norm", back_through(g, qkv_error, qkv_matrix(g, i)))
    return middle_error, g.op("Add", middle_error, start_error)


def products_of(g: Graph, read: str, written_error: str, queries: str) -> str:
    """[tokens, queries]: inner products of single tokens' gradients with respect to a matrix, read ⊗ error each."""
    against_queries = lambda rows: g.op("Gemm", rows, g.op("Gather", rows, queries), transB=1)
    return g.op("Mul", against_queries(read), against_queries(written_error))


def back_through(g: Graph, error: str, matrix: str) -> str:
    return g.op("Gemm", error, matrix, transB=1)


def gate_errors(g: Graph, steps: Steps, error: str) -> tuple[str, str]:
    """Errors of gate and up, given that of silu(gate) up; silu' = s + silu (1 − s), s the sigmoid of gate."""
    sigmoid = g.op("Sigmoid", steps.gate)
    silu = g.op("Mul", steps.gate, sigmoid)
    slope = g.op("Add", sigmoid, g.op("Mul", silu, g.op("Sub", g.const(1, np.float32), sigmoid)))
    return g.op("Mul", g.op("Mul", error, steps.up), slope), g.op("Mul", error, silu)


def norm_error(g: Graph, x: str, weight: str, error: str) -> str:
    """Error of x, given that of weight n, n = x / rms(x): (t − n mean(n t)) / rms(x), t = weight error."""
    mean = lambda values: g.op("ReduceMean", values, g.const([-1], np.int64), keepdims=1)
    power = g.op("Add", mean(g.op("Mul", x, x)), g.const(g.shape.norm_epsilon, np.float32))
    scale = g.op("Reciprocal", g.op("Sqrt", power))
    n, t = g.op("Mul", x, scale), g.op("Mul", error, g.weight(weight))
    return g.op("Mul", g.op("Sub", t, g.op("Mul", n, mean(g.op("Mul", n, t)))), scale)


def attention_error(g: Graph, steps: Steps, error: str, layout: BackwardLayout) -> str:
    """Error of q, k and v [tokens, qkv], given that of what attention gives [tokens, hidden].

    With P = softmax(q kᵀ scale) and O = P v: error of v = Pᵀ dO, of the scores S = P (dO vᵀ − rowsum(dO O)).
    """
    s, axis = g.shape, g.const([-1], np.int64)
    q, k, v = attention_inputs(g, steps, layout)
    scale = s.head_size**-0.5
    p = g.op("Softmax", g.op("Add", product(g, q, k, transB=1, alpha=scale), layout.causal), axis=-1)

    own = g.op("ReduceSum", reshape(g, g.op("Mul", error, steps.attended), -1, s.heads, s.head_size), axis, keepdims=0)
    slots = g.op("Gather", g.op("Concat", error, own, axis=-1), layout.layout)
    error, own = split(g, g.op("Mul", slots, layout.inside), s.hidden, s.heads)
    error = stacked(g, error, s.head_size)
    score_error = g.op("Mul", p, g.op("Sub", product(g, error, v, transB=1), stacked(g, own, 1)))

    q_error = unstacked(g, product(g, score_error, k, alpha=scale))
    k_error, v_error = product(g, score_error, q, transA=1, alpha=scale), product(g, p, error, transA=1)
    turned_error = g.op("Concat", q_error, single_back(g, k_error), axis=-1)
    qkv_error = g.op("Concat", turn(g, turned_error, layout, back=True), single_back(g, v_error), axis=-1)
    return g.op("Gather", reshape(g, qkv_error, -1, s.hidden + 2 * s.kv_heads * s.head_size), layout.home)


def attention_inputs(g: Graph, steps: Steps, layout: BackwardLayout) -> tuple[str, str, str]:
    """q [versions, kv heads, length x group, head_size], k and v [versions, kv heads, length, head_size], positions turned in."""
    s = g.shape
    kv = s.kv_heads * s.head_size
    turned, v = split(g, g.op("Gather", steps.qkv, layout.layout), s.hidden + kv, kv)
    q, k = split(g, turn(g, turned, layout, back=False), s.hidden, kv)
    return stacked(g, q, s.head_size), single(g, k), single(g, v)


def stacked(g: Graph, x: str, size: int) -> str:
    """[versions, length, heads x size]: the heads that share a k and v as further rows, so that one product sums over them.

    Position by position: what pads a version to the longest of its run then comes last in such a sum, and can't change its order.
    """
    s = g.shape
    heads = reshape(g, x, 0, 0, s.kv_heads, s.heads // s.kv_heads, size)
    return reshape(g, g.op("Transpose", heads, perm=[0, 2, 1, 3, 4]), 0, 0, -1, size)


def unstacked(g: Graph, x: str) -> str:
    s = g.shape
    heads = reshape(g, x, 0, 0, -1, s.heads // s.kv_heads, s.head_size)
    return reshape(g, g.op("Transpose", heads, perm=[0, 2, 1, 3, 4]), 0, 0, -1)


def single(g: Graph, x: str) -> str:
    return g.op("Transpose", reshape(g, x, 0, 0, g.shape.kv_heads, g.shape.head_size), perm=[0, 2, 1, 3])


def single_back(g: Graph, x: str) -> str:
    return reshape(g, g.op("Transpose", x, perm=[0, 2, 1, 3]), 0, 0, -1)


def reshape(g: Graph, x: str, *dims: int) -> str:
    return g.op("Reshape", x, g.const(dims, np.int64))


def product(g: Graph, a: str, b: str, **how) -> str:
    return g.op("FusedMatMul", a, b, domain="com.microsoft", **how)


def split(g: Graph, x: str, *sizes: int) -> list[str]:
    return g.op("Split", x, g.const(sizes, np.int64), outputs=len(sizes), axis=-1)


def turn(g: Graph, x: str, layout: Layout, back: bool) -> str:
    """Rotary positions [versions, length, heads x head_size]; the error of what was turned is turned back."""
    sin = g.once("negative sin", lambda root: root.op("Neg", layout.sin)) if back else layout.sin
    start = g.const([0], np.int64)
    return g.op("RotaryEmbedding", x, start, layout.cos, sin, domain="com.microsoft", interleaved=0)
