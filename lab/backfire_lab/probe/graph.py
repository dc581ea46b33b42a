"""The probe as a graph: residual [tokens, hidden] to score [tokens], weights inside; no number for sinks, see sae/graphs.py."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from backfire_lab.probe.fit import Probe


def probe_graph(probe: Probe, sink_norm: float) -> onnx.ModelProto:
    """The mean over tokens of this score is the score of a text: the probe is linear."""
    column = numpy_helper.from_array(probe.weights.astype(np.float32)[:, None], "weights")
    bias = numpy_helper.from_array(np.array([probe.bias], np.float32), "bias")
    scalar = lambda name, value: numpy_helper.from_array(np.array(value, np.float32), name)
    axis = numpy_helper.from_array(np.array([1], np.int64), "axis")
    nodes = [
        helper.make_node("MatMul", ["residual", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["scores"]),
        helper.make_node("Squeeze", ["scores", "axis"], ["plain"]),
        helper.make_node("ReduceL2", ["residual", "axis"], ["norm"], keepdims=0),
        helper.make_node("Greater", ["norm", "sink_norm"], ["sink"]),
        helper.make_node("Where", ["sink", "nothing", "plain"], ["score"]),
    ]
    inputs = [helper.make_tensor_value_info("residual", TensorProto.FLOAT, ["tokens", len(probe.weights)])]
    outputs = [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["tokens"])]
    graph = helper.make_graph(nodes, "probe", inputs, outputs, [column, bias, axis, scalar("sink_norm", sink_norm), scalar("nothing", np.nan)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
