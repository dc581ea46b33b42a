"""The product's graphs and weights against the fp32 reference and the source."""

import json

import numpy as np
import pytest
import torch

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.fidelity import Graphs, measure
from backfire_lab.reference import load_reference


def test_divergence_and_residuals_over_all_positions():
    """Mean KL(reference || product) <= 0.001 nats; residual FVU <= 0.001 at every border between graphs."""
    torch.set_num_threads(2)
    result = measure(load_reference(PACK), Graphs(PACK))
    assert result["texts"] >= 40 and result["languages"] >= 8
    assert result["meanKl"] <= 1e-3
    assert all(value <= 1e-3 for value in result["fvu"].values())


def test_stored_weights_are_those_of_the_source():
    """Every weight of the pack equals the source's, to the bit, once expanded; asked only where the source is at hand."""
    from backfire_lab.reference import stored_embedding, stored_matrix, stored_vector
    from backfire_lab.source import Source, rope_order

    gguf = ROOT / ".cache" / "lab" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    if not gguf.exists():
        pytest.skip(f"{gguf} is not there: python -m backfire_lab.build_pack fetches it")
    source = Source(gguf)
    pack = json.loads((PACK / "pack.json").read_text())
    shape, index = pack["model"], pack["weights"]
    blocks = np.fromfile(PACK / "blocks.bin", dtype=np.uint8)
    embedding = np.fromfile(PACK / "embedding.bin", dtype=np.uint8)
    names = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}
    heads = {"q": shape["heads"], "k": shape["kv_heads"]}
    for i in range(shape["layers"]):
        for name, of_source in names.items():
            true = source.q4(f"blk.{i}.{of_source}.weight").dequantised()
            if name in heads:
                true = true[rope_order(heads[name], shape["head_size"])]
            np.testing.assert_array_equal(stored_matrix(index["blocks.bin"], blocks, f"layers.{i}.{name}"), true)
    np.testing.assert_array_equal(
        stored_embedding(index["embedding.bin"], embedding), source.q8("token_embd.weight").dequantised()
    )
    np.testing.assert_array_equal(stored_vector(index["blocks.bin"], blocks, "final_norm"), source.f32("output_norm.weight"))
