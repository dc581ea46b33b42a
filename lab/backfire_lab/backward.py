"""A block of a Llama-shaped model (see graph_blocks.py), backward: from the error of what it gives to the error of what it takes.

An error is the gradient of the loss with respect to an activation, in that activation's shape.
"""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from backfire_lab.graph_blocks import Layout, Steps, mlp_written, qkv_matrix
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
        self.causal = self.per_group(g, behind, size)
        if g.shape.windowed:
            before = g.op("Trilu", full, g.const(-g.shape.attention_window, np.int64), upper=0)
            self.in_window = self.per_group(g, g.op("Add", behind, before), size)

    @staticmethod
    def per_group(g: Graph, mask: str, size: str) -> str:
        """[length, length], each row again for every head of a group."""
        axis = lambda n: g.const([n], np.int64)
        alike = g.op("Tile", g.op("Unsqueeze", mask, axis(1)), g.const([1, g.shape.heads // g.shape.kv_heads, 1], np.int64))
        return g.op("Reshape", alike, g.op("Concat", axis(-1), size, axis=0))

    def mask(self, g: Graph, i: int) -> str:
        return self.in_window if i in g.shape.windowed else self.causal


def block_errors(g: Graph, i: int, steps: Steps, error: str, layout: BackwardLayout, through_attention: bool) -> tuple[str, str]:
    """Errors of what attention's output matrix writes in block i, and of the residual stream before the block; where that is
    not asked for, the former twice."""
    weight = lambda name: g.matrix(f"layers.{i}.{name}")
    mlp_error = norm_error(g, mlp_written(g, i, steps), f"layers.{i}.mlp_post_norm", error) if g.shape.post_norms else error
    gate_error, up_error = gate_errors(g, steps, back_through(g, mlp_error, weight("down")))
    normed_error = g.op("Gemm", up_error, weight("up"), back_through(g, gate_error, weight("gate")), transB=1)
    middle_error = g.op("Add", error, norm_error(g, steps.middle, f"layers.{i}.mlp_norm", normed_error))
    post_norm = f"layers.{i}.attn_post_norm"
    written_error = norm_error(g, steps.written, post_norm, middle_error) if g.shape.post_norms else middle_error
    if not through_attention:
        return written_error, written_error
    qkv_error = attention_error(g, i, steps, back_through(g, written_error, weight("o")), layout)
    start_error = norm_error(g, steps.start, f"layers.{i}.attn_norm", back_through(g, qkv_error, qkv_matrix(g, i)))
    return written_error, g.op("Add", middle_error, start_error)


def products_of(g: Graph, read: str, written_error: str, queries: str) -> str:
    """[tokens, queries]: inner products of single tokens' gradients with respect to a matrix, read ⊗ error each."""
    against_queries = lambda rows: g.op("Gemm", rows, g.op("Gather", rows, queries), transB=1)
    return g.op("Mul", against_queries(read), against_queries(written_error))


def back_through(g: Graph, error: str, matrix: str) -> str:
    return g.op("Gemm", error, matrix, transB=1)


def gate_errors(g: Graph, steps: Steps, error: str) -> tuple[str, str]:
    """Errors of gate and up, given that of silu(gate) up; silu' = s + silu (1 − s), s the sigmoid of gate."""
    if g.shape.activation == "gelu_tanh":
        return gelu_errors(g, steps, error)
    sigmoid = g.op("Sigmoid", steps.gate)
    silu = g.op("Mul", steps.gate, sigmoid)
    slope = g.op("Add", sigmoid, g.op("Mul", silu, g.op("Sub", g.const(1, np.float32), sigmoid)))
    return g.op("Mul", g.op("Mul", error, steps.up), slope), g.op("Mul", error, silu)


def gelu_errors(g: Graph, steps: Steps, error: str) -> tuple[str, str]:
    """The same of gelu(x) = x (1 + t) / 2 with t = tanh(a (x + b x³)): gelu' = (1 + t) / 2 + x (1 − t²) a (1 + 3 b x²) / 2."""
    number, (a, b) = lambda value: g.const(value, np.float32), (np.sqrt(2 / np.pi), 0.044715)
    x = steps.gate
    square = g.op("Mul", x, x)
    inner = g.op("Mul", x, g.op("Add", number(a), g.op("Mul", number(a * b), square)))
    t = g.op("Tanh", inner)
    half = g.op("Mul", number(0.5), g.op("Add", number(1), t))
    inner_slope = g.op("Add", number(a), g.op("Mul", number(3 * a * b), square))
    tanh_slope = g.op("Sub", number(1), g.op("Mul", t, t))
    slope = g.op("Add", half, g.op("Mul", g.op("Mul", number(0.5), x), g.op("Mul", tanh_slope, inner_slope)))
    gelu = g.op("Mul", x, half)
    return g.op("Mul", g.op("Mul", error, steps.up), slope), g.op("Mul", error, gelu)


def norm_error(g: Graph, x: str, weight: str, error: str) -> str:
    """Error of x, given that of weight n, n = x / rms(x): (t − n mean(n t)) / rms(x), t = weight error."""
    mean = lambda values: g.op("ReduceMean", values, g.const([-1], np.int64), keepdims=1)
    power = g.op("Add", mean(g.op("Mul", x, x)), g.const(g.shape.norm_epsilon, np.float32))
    scale = g.op("Reciprocal", g.op("Sqrt", power))
    n, t = g.op("Mul", x, scale), g.op("Mul", error, g.weight(weight))
    return g.op("Mul", g.op("Sub", t, g.op("Mul", n, mean(g.op("Mul", n, t)))), scale)


def attention_error(g: Graph, i: int, steps: Steps, error: str, layout: BackwardLayout) -> str:
    """Error of q, k and v [tokens, qkv], given that of what block i's attention gives [tokens, heads x head_size].

    With P = softmax(q kᵀ scale) and O = P v: error of v = Pᵀ dO, of the scores S = P (dO vᵀ − rowsum(dO O)). Scores that are
    capped, c tanh(S / c), have the slope 1 − tanh².
    """
    s, axis = g.shape, g.const([-1], np.int64)
    q, k, v = attention_inputs(g, i, steps, layout)
    scale = s.scale
    scores, slope = product(g, q, k, transB=1, alpha=scale), None
    if s.attention_cap is not None:
        scores, slope = capped(g, scores, s.attention_cap)
    p = g.op("Softmax", g.op("Add", scores, layout.mask(g, i)), axis=-1)

    own = g.op("ReduceSum", reshape(g, g.op("Mul", error, steps.attended), -1, s.heads, s.head_size), axis, keepdims=0)
    slots = g.op("Gather", g.op("Concat", error, own, axis=-1), layout.layout)
    error, own = split(g, g.op("Mul", slots, layout.inside), s.query_size, s.heads)
    error = stacked(g, error, s.head_size)
    score_error = g.op("Mul", p, g.op("Sub", product(g, error, v, transB=1), stacked(g, own, 1)))
    if slope:
        score_error = g.op("Mul", score_error, slope)

    q_error = unstacked(g, product(g, score_error, k, alpha=scale))
    k_error, v_error = product(g, score_error, q, transA=1, alpha=scale), product(g, p, error, transA=1)
    turned_error = g.op("Concat", q_error, single_back(g, k_error), axis=-1)
    qkv_error = g.op("Concat", turn(g, i, turned_error, layout, back=True), single_back(g, v_error), axis=-1)
    qkv_error = g.op("Gather", reshape(g, qkv_error, -1, s.query_size + 2 * s.kv_size), layout.home)
    return heads_error(g, i, steps, qkv_error) if s.query_norm else qkv_error


def capped(g: Graph, x: str, cap: float) -> tuple[str, str]:
    """c tanh(x / c) and its slope."""
    number = lambda value: g.const(value, np.float32)
    t = g.op("Tanh", g.op("Mul", x, number(1 / cap)))
    return g.op("Mul", t, number(cap)), g.op("Sub", number(1), g.op("Mul", t, t))


def heads_error(g: Graph, i: int, steps: Steps, error: str) -> str:
    """Error of q, k and v as their matrix gives them, given that after the norms of q and k."""
    s = g.shape
    sizes = (s.query_size, s.kv_size, s.kv_size)
    (q, k, _), (q_error, k_error, v_error) = split(g, steps.projected, *sizes), split(g, error, *sizes)

    def through(x: str, x_error: str, heads: int, weight: str) -> str:
        apart = lambda value: reshape(g, value, -1, heads, s.head_size)
        return reshape(g, norm_error(g, apart(x), weight, apart(x_error)), -1, heads * s.head_size)

    q_error = through(q, q_error, s.heads, f"layers.{i}.q_norm")
    k_error = through(k, k_error, s.kv_heads, f"layers.{i}.k_norm")
    return g.op("Concat", q_error, k_error, v_error, axis=-1)


def attention_inputs(g: Graph, i: int, steps: Steps, layout: BackwardLayout) -> tuple[str, str, str]:
    """q [versions, kv heads, length x group, head_size], k and v [versions, kv heads, length, head_size], positions turned in."""
    s = g.shape
    turned, v = split(g, g.op("Gather", steps.qkv, layout.layout), s.query_size + s.kv_size, s.kv_size)
    q, k = split(g, turn(g, i, turned, layout, back=False), s.query_size, s.kv_size)
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


def turn(g: Graph, i: int, x: str, layout: Layout, back: bool) -> str:
    """Rotary positions [versions, length, heads x head_size] of block i; the error of what was turned is turned back."""
    cos, sin = layout.rotary(g, i)
    if back:
        sin = g.once(f"negative {sin}", lambda root, sin=sin: root.op("Neg", sin))
    start = g.const([0], np.int64)
    return g.op("RotaryEmbedding", x, start, cos, sin, domain="com.microsoft", interleaved=0)
