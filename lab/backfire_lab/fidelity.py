"""How far the product's graphs are from the fp32 reference, over whole next-token distributions.

    python -m backfire_lab.fidelity        writes lab/results/fidelity.json
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.golden_fidelity import GOLDEN, lines
from backfire_lab.reference import forward, load_reference

RESULT = ROOT / "lab" / "results" / "fidelity.json"


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


def measure(reference: torch.nn.Module, graphs: Graphs) -> dict:
    """Mean and largest KL(reference || product), nats, over all positions of the golden texts; residual FVU by layer.

    FVU is the unexplained share of the variance around each text's mean, at every border between graphs.
    """
    ids_of = {row["id"]: row["ids"] for row in lines(GOLDEN / "tokens.jsonl")}
    chosen = [row for row in lines(GOLDEN / "texts.jsonl") if row.get("fidelity")]
    divergence, off, spread = [], {}, {}
    for row in chosen:
        expected, got = forward(reference, ids_of[row["id"]]), graphs.run(ids_of[row["id"]])
        last = max(got)
        with torch.no_grad():
            log_q = reference.lm_head(torch.from_numpy(got[last])).log_softmax(-1)
        p = expected.log_probabilities.exp()
        divergence += (p * (expected.log_probabilities - log_q)).sum(-1).tolist()
        for layer in got.keys() - {last}:
            true = expected.residuals[layer].numpy()
            off[layer] = off.get(layer, 0) + ((got[layer] - true) ** 2).sum()
            spread[layer] = spread.get(layer, 0) + ((true - true.mean(0)) ** 2).sum()
    return {
        "texts": len(chosen),
        "languages": len({row["language"] for row in chosen}),
        "positions": len(divergence),
        "meanKl": float(np.mean(divergence)),
        "maxKl": max(divergence),
        "fvu": {str(layer): float(off[layer] / spread[layer]) for layer in sorted(off)},
    }


def main() -> None:
    torch.set_num_threads(2)
    result = measure(load_reference(PACK), Graphs(PACK))
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
