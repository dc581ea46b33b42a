"""ONNX graphs of a Llama-shaped model (see graph_blocks.py): forward, and back from the loss.

One run takes several *versions*: different texts, or forms of one text that share a prefix. Matrix products run over
the distinct tokens of all of them, without padding; only attention sees rows of versions (`Layout`).
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from backfire_lab.backward import BackwardLayout, block_errors, capped, norm_error, products_of
from backfire_lab.graph_blocks import Layout, end_block, layout_inputs, steps_of
from backfire_lab.graph_builder import Graph, Shape

info = helper.make_tensor_value_info

VOCABULARY_SLICE = 4096  # rows of the unembedding that `alternatives_graph` expands at a time: 9 MB of the embedded model's


def segment_graph(shape: Shape, files: dict, first: int, last: int, graded_from: int) -> onnx.ModelProto:
    """Blocks `first` to `last`, counted from 1: the residual stream before them to `result`, after them, both [tokens, hidden].

    The first segment takes ids [tokens] instead. Segments are short because the runtime holds every step of expanding the
    weights of a graph until it is open. Blocks from `graded_from` on can also be run backwards, see `grade`.
    """
    g = Graph(f"blocks-{first}-{last}", shape, files)
    result = info("result", TensorProto.FLOAT, ["tokens", shape.hidden])
    ids = info("ids", TensorProto.INT64, ["tokens"])
    inputs = [ids if first == 1 else info("residual", TensorProto.FLOAT, ["tokens", shape.hidden]), *layout_inputs()]
    if first < graded_from:
        start = g.embedding_rows("ids") if first == 1 else "residual"
        g.op("Identity", forward(g, first, last, start), out="result")
        return g.model(inputs, [result])
    outputs = [
        result,
        info("error", TensorProto.FLOAT, ["graded", shape.hidden]),
        info("products", TensorProto.FLOAT, ["graded", "queries"]),
    ]
    back, on = g.branch("back"), g.branch("on")
    nothing = g.const(np.zeros((0, shape.hidden)), np.float32)
    on.op("Identity", forward(on, first, last, "residual"), out="on_result")
    for out in ("on_error", "on_products"):
        on.op("Identity", nothing, out=out)
    back.op("Identity", nothing, out="back_result")
    grade(back, first, last, graded_from)
    g.either(g.op("Greater", g.op("Size", "graded"), g.const(0, np.int64)), back, on, outputs)
    return g.model([*inputs, *grading_inputs(shape)], outputs)


def forward(g: Graph, first: int, last: int, residual: str) -> str:
    steps = steps_of(g, first, last, residual, Layout(g))
    return end_block(g, last - 1, steps[-1], None)[0]


def grading_inputs(shape: Shape) -> list[onnx.ValueInfoProto]:
    return [
        info("graded", TensorProto.INT64, ["graded"]),
        *layout_inputs("graded_", "graded"),
        info("result_error", TensorProto.FLOAT, ["graded", shape.hidden]),
        info("queries", TensorProto.INT64, ["queries"]),
        info("products_after", TensorProto.FLOAT, ["graded", "queries"]),
    ]


def grade(g: Graph, first: int, last: int, graded_from: int) -> None:
    """Carries errors back through the segment, and adds up gradient products. An error is a gradient of the loss.

    `graded` [graded] picks tokens of `residual`, version by version and nothing shared: the errors of a common prefix differ
    with what follows it. `result_error` is the error of the segment's result, `error` that of its residual. To
    `products_after` [graded, queries] are added, for each block, (a_s . a_q)(d_s . d_q): a what its attention's output matrix
    reads, d the error of what that matrix writes, q the tokens that `queries` picks among the graded. That is the inner
    product of the two gradients with respect to that matrix. The steps of the blocks are computed anew: to keep
    them since the forward run would take some 90 kB for each token.
    """
    layout = BackwardLayout(g, "graded_")
    steps = steps_of(g, first, last, g.op("Gather", "residual", "graded"), layout)
    error, products = "result_error", "products_after"
    for i, block in reversed(list(zip(range(first - 1, last), steps, strict=True))):
        is_last = i + 1 == graded_from
        written_error, error = block_errors(g, i, block, error, layout, through_attention=not is_last)
        products = g.op("Add", products, products_of(g, block.attended, written_error, "queries"))
    g.op("Identity", error, out="back_error")
    g.op("Identity", products, out="back_products")


def head_graph(shape: Shape, files: dict) -> onnx.ModelProto:
    """From the last residual stream to token log-probabilities and the errors where a backward run starts.

    `rows` [rows] says which token of the run predicts each target, `targets` [rows] which one that is. `error` [rows, hidden] is
    the gradient of the targets' NLL with respect to the residual stream at these rows: (softmax − onehot) times the
    unembedding, back through the last norm. Nothing as large as the vocabulary leaves the graph.
    """
    g = Graph("head", shape, files)
    parts = g.unembedding()
    state = g.op("Gather", "residual", "rows")
    normed = g.norm(state, "final_norm")
    logits = g.joined([g.op("Gemm", normed, part, transB=1) for part in parts], axis=1)
    slope = None
    if shape.logit_cap is not None:
        logits, slope = capped(g, logits, shape.logit_cap)
    # Where nothing is capped, Softmax is the only reader of the logits, so the runtime can write p over them: half the memory.
    p = g.op("Softmax", logits, axis=-1)
    # log p is exact to 1e-6 down to the smallest normal number: 87 nats, where it ends.
    chosen = g.op("GatherElements", p, g.op("Unsqueeze", "targets", g.const([1], np.int64)), axis=1)
    bounded = g.op("Max", chosen, g.const(np.finfo(np.float32).tiny, np.float32))
    # In double precision: the runtime's two logarithms of a float, many at a time and one at a time, differ in the last bit.
    exact = g.op("Log", g.op("Cast", bounded, to=TensorProto.DOUBLE))
    g.op("Squeeze", g.op("Cast", exact, to=TensorProto.FLOAT), g.const([1], np.int64), out="log_probability")
    g.op("Identity", norm_error(g, state, "final_norm", unembedded_error(g, parts, p, slope)), out="error")
    inputs = [
        info("residual", TensorProto.FLOAT, ["tokens", shape.hidden]),
        *(info(name, TensorProto.INT64, ["rows"]) for name in ("rows", "targets")),
    ]
    outputs = [
        info("log_probability", TensorProto.FLOAT, ["rows"]),
        info("error", TensorProto.FLOAT, ["rows", shape.hidden]),
    ]
    return g.model(inputs, outputs)


def unembedded_error(g: Graph, parts: list[str], p: str, slope: str | None) -> str:
    """Error of what the unembedding reads: (p − onehot) times it, where logits are capped with the cap's slope between."""
    if len(parts) == 1 and slope is None:
        return g.op("Sub", g.op("MatMul", p, parts[0]), g.op("Gather", parts[0], "targets"))
    places = g.op("Unsqueeze", "targets", g.const([1], np.int64))
    ones = g.op("Expand", g.const(-1, np.float32), g.op("Shape", places))
    error = g.op("ScatterElements", p, places, ones, axis=1, reduction="add")
    if slope:
        error = g.op("Mul", error, slope)
    sizes = [g.rows(name) for name in g.unembedding_parts()]
    errors = g.op("Split", error, g.const(sizes, np.int64), outputs=len(parts), axis=1) if len(parts) > 1 else [error]
    products = [g.op("MatMul", piece, part) for piece, part in zip(errors, parts, strict=True)]
    return g.op("Sum", *products)


def alternatives_graph(shape: Shape, files: dict) -> onnx.ModelProto:
    """From the last residual stream to the tokens that the model holds likeliest after each of `rows` [rows], `most` [1] of them.

    `token` and `log_probability` are [rows, most], the likeliest first. A graph of its own, so that who measures pays nothing
    for it; and it goes through the vocabulary in slices, so that neither the unembedding is expanded a second time beside the
    head's nor all logits of a row are ever there.
    """
    g = Graph("alternatives", shape, files)
    normed = g.norm(g.op("Gather", "residual", "rows"), "final_norm")
    by_row = lambda size: g.op("Concat", g.op("Shape", "rows"), size, axis=0)
    filled = lambda value, dtype, size: g.op("Expand", g.const(value, dtype), by_row(size))
    # The likeliest so far with their logits, and the sum of exp(logit − the greatest) over all logits so far.
    found = [filled(-np.inf, np.float32, "most"), filled(0, np.int64, "most"), filled(0, np.float32, g.const([1], np.int64))]
    earlier = 0
    for part in g.unembedding_parts():

        def of_slice(g: Graph, step: str, found: list[str], part=part, earlier=earlier) -> list[str]:
            return with_slice(g, normed, part, earlier, step, found)

        steps = -(-g.rows(part) // VOCABULARY_SLICE)
        found = g.repeat(steps, of_slice, found, [TensorProto.FLOAT, TensorProto.INT64, TensorProto.FLOAT])
        earlier += g.rows(part)
    best, tokens, total = found
    g.op("Sub", g.op("Sub", best, first_column(g, best)), g.op("Log", total), out="log_probability")
    g.op("Cast", tokens, to=TensorProto.INT32, out="token")
    inputs = [
        info("residual", TensorProto.FLOAT, ["tokens", shape.hidden]),
        info("rows", TensorProto.INT64, ["rows"]),
        info("most", TensorProto.INT64, [1]),
    ]
    outputs = [
        info("token", TensorProto.INT32, ["rows", "most"]),
        info("log_probability", TensorProto.FLOAT, ["rows", "most"]),
    ]
    return g.model(inputs, outputs)


def with_slice(g: Graph, normed: str, part: str, earlier: int, step: str, found: list[str]) -> list[str]:
    """What `alternatives_graph` has found, and with it slice `step` of a part of the vocabulary that comes after `earlier` rows."""
    best, tokens, total = found
    greatest_before = first_column(g, best)
    first = g.op("Reshape", g.op("Mul", step, g.const(VOCABULARY_SLICE, np.int64)), g.const([1], np.int64))
    end = g.op("Min", g.op("Add", first, g.const(VOCABULARY_SLICE, np.int64)), g.const([g.rows(part)], np.int64))
    logits = g.op("Gemm", normed, g.unembedding_rows(part, first, end), transB=1)
    if g.shape.logit_cap is not None:
        logits = capped(g, logits, g.shape.logit_cap)[0]
    highest, places = g.op("TopK", logits, g.op("Min", "most", g.op("Sub", end, first)), outputs=2, axis=1)
    own = g.op("Add", places, g.op("Add", first, g.const(earlier, np.int64)))
    best, order = g.op("TopK", g.op("Concat", best, highest, axis=1), "most", outputs=2, axis=1)
    tokens = g.op("GatherElements", g.op("Concat", tokens, own, axis=1), order, axis=1)
    greatest = first_column(g, best)
    # The runtime's ReduceLogSumExp adds up one after the other, and is off by 1e-4 here.
    added = g.op("ReduceSum", g.op("Exp", g.op("Sub", logits, greatest)), g.const([1], np.int64))
    total = g.op("Mul", total, g.op("Exp", g.op("Sub", greatest_before, greatest)))
    return [best, tokens, g.op("Add", total, added)]


def first_column(g: Graph, matrix: str) -> str:
    """[rows, 1]"""
    return g.op("Gather", matrix, g.const([0], np.int64), axis=1)
