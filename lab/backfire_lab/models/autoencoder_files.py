"""Writes an autoencoder of others into a pack: weights and configuration in SAELens' form, and the graphs over them."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnxruntime
import torch
from safetensors.torch import save_file

from backfire_lab.models.autoencoders import Given
from backfire_lab.models.refusal import need
from backfire_lab.sae.graphs import chosen_graph, decode_graph, encode_graph, weight_index
from backfire_lab.sae.places import write_json
from backfire_lab.sae.saved import CONFIGURATION, WEIGHTS

GRAPHS = {"encode": "sae-encode.onnx", "chosen": "sae-chosen.onnx", "decode": "sae-decode.onnx"}
LARGEST_HALF = 65504.0


def stored_tensors(given: Given) -> dict[str, torch.Tensor]:
    """Matrices in float16, the rest in float32. A b_dec that is not subtracted is put back by the bias."""
    for name, matrix in {"W_enc": given.w_enc, "W_dec": given.w_dec}.items():
        largest = float(matrix.abs().max())
        need(given.where, f"largest value of {name}", largest, f"at most {LARGEST_HALF}, float16's largest", largest <= LARGEST_HALF)
    encoder = given.w_enc.half()
    bias = given.b_enc if given.subtracts_b_dec else given.b_enc + given.b_dec @ encoder.float()
    tensors = {"W_enc": encoder, "W_dec": given.w_dec.half(), "b_enc": bias, "b_dec": given.b_dec}
    if given.threshold is not None:
        tensors["threshold"] = given.threshold.clamp(min=0)  # relu has the last word below zero
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def write_autoencoder(given: Given, folder: Path, layer: int, sink_norm: float, model: str) -> None:
    save_file(stored_tensors(given), folder / WEIGHTS)
    write_json(
        folder / CONFIGURATION,
        {
            "architecture": "jumprelu" if given.k is None else "topk",
            "d_in": given.hidden,
            "d_sae": given.width,
            "dtype": "float32",
            "device": "cpu",
            "apply_b_dec_to_input": True,
            "normalize_activations": "none",
            "reshape_activations": "none",
            **({} if given.k is None else {"k": given.k, "rescale_acts_by_decoder_norm": False}),
            "metadata": {
                "model_name": model,
                "hook_name": f"blocks.{layer - 1}.hook_resid_post",
                "left_out": "norms above sink_norm",
                "sink_norm": sink_norm,
            },
        },
    )
    weights = weight_index(folder / WEIGHTS)
    graphs = {
        "encode": encode_graph(weights, sink_norm, given.k),
        "chosen": chosen_graph(weights, sink_norm, given.k),
        "decode": decode_graph(weights),
    }
    for name, graph in graphs.items():
        onnx.save(graph, str(folder / GRAPHS[name]))
        onnxruntime.InferenceSession(str(folder / GRAPHS[name]))
