"""The product's graphs against the fp32 reference, over whole next-token distributions."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.golden_fidelity import GOLDEN, lines
from backfire_lab.reference import forward, load_reference


class Graphs:
    """The pack's graphs, run as the product runs them, one text at a time."""

    def __init__(self, folder: Path):
        self.pack = json.loads((folder / "pack.json").read_text())
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        open_graph = lambda name: onnxruntime.InferenceSession(str(folder / name), options)
        self.segments = [(s["last"], open_graph(s["graph"])) for s in self.pack["graphs"]["segments"]]

    def run(self, ids: list[int]) -> dict[int, np.ndarray]:
        """{block: its output}; the last one's is the final hidden state."""
        count = len(ids)
        layout = {
            "layout": np.arange(count)[None],
            "lengths": np.array([count], np.int32),
            "home": np.arange(count),
        }
        state, states = {"ids": np.array(ids)}, {}
        for last, session in self.segments:
            states[last] = session.run(None, {**state, **layout})[0]
            state = {"residual": states[last]}
        return states


@pytest.fixture(scope="module")
def reference():
    torch.set_num_threads(2)
    return load_reference(PACK)


@pytest.fixture(scope="module")
def graphs():
    return Graphs(PACK)


def test_divergence_and_residuals_over_all_positions(reference, graphs):
    """Mean KL(reference || product) <= 0.001 nats; residual FVU <= 0.001 at every border between graphs."""
    ids_of = {row["id"]: row["ids"] for row in lines(GOLDEN / "tokens.jsonl")}
    texts = [row["id"] for row in lines(GOLDEN / "texts.jsonl") if row.get("fidelity")]
    assert len(texts) >= 40
    divergence, off, spread = [], {}, {}
    for name in texts:
        expected, got = forward(reference, ids_of[name]), graphs.run(ids_of[name])
        last = max(got)
        with torch.no_grad():
            log_q = reference.lm_head(torch.from_numpy(got[last])).log_softmax(-1)
        p = expected.log_probabilities.exp()
        divergence += (p * (expected.log_probabilities - log_q)).sum(-1).tolist()
        for layer in got.keys() - {last}:
            true = expected.residuals[layer].numpy()
            off[layer] = off.get(layer, 0) + ((got[layer] - true) ** 2).sum()
            spread[layer] = spread.get(layer, 0) + ((true - true.mean(0)) ** 2).sum()
    unexplained = {layer: float(off[layer] / spread[layer]) for layer in sorted(off)}
    result = {"texts": len(texts), "positions": len(divergence), "meanKl": float(np.mean(divergence)), "maxKl": max(divergence), "fvu": unexplained}  # fmt: skip
    print(json.dumps(result))
    assert result["meanKl"] <= 1e-3
    assert all(value <= 1e-3 for value in unexplained.values())


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
