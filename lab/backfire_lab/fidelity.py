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
        self.segments = [(s["first"], s["last"], open_graph(s["graph"])) for s in self.pack["graphs"]["segments"]]
        self.head = open_graph(self.pack["graphs"]["head"])

    def run(self, ids: list[int]) -> dict[int, np.ndarray]:
        """{block: the residual stream after it}"""
        state, states = {"ids": np.array(ids)}, {}
        for first, last, session in self.segments:
            nothing = self._grading([], np.zeros((0, self.pack["model"]["hidden"]), np.float32), [], first)
            states[last] = session.run(["result"], {**state, **layout_of([len(ids)]), **nothing})[0]
            state = {"residual": states[last]}
        return states

    def products(self, texts: list[list[int]], starts: list[int], queries: int) -> np.ndarray:
        """[tokens of all texts, queries]: gradient products with the last `queries` tokens that predict one of the last text.

        Of each text the loss is summed from token `start` on.
        """
        runs = [self.run(ids) for ids in texts]
        errors = []
        for ids, start, run in zip(texts, starts, runs, strict=True):
            error = np.zeros((len(ids), self.pack["model"]["hidden"]), np.float32)
            rows = {"rows": np.arange(start - 1, len(ids) - 1), "targets": np.array(ids[start:])}
            error[start - 1 : -1] = self.head.run(["error"], {"residual": run[max(run)], **rows})[0]
            errors.append(error)
        lengths = [len(ids) for ids in texts]
        error, asked = np.concatenate(errors), np.arange(sum(lengths))[-1 - queries : -1]
        products = np.zeros((sum(lengths), queries), np.float32)
        for first, last, session in reversed(self.segments):
            if first <= self.pack["kernel"]["layer"]:
                break
            before = {"residual": np.concatenate([run[first - 1] for run in runs])}
            feeds = self._grading(lengths, error, asked, first) | {"products_after": products}
            error, products = session.run(["error", "products"], {**before, **layout_of(lengths), **feeds})
        return products

    def _grading(self, lengths: list[int], error: np.ndarray, queries, first: int) -> dict[str, np.ndarray]:
        if first <= self.pack["kernel"]["layer"]:
            return {}
        return {
            **{f"graded_{name}": value for name, value in layout_of(lengths).items()},
            "graded": np.arange(sum(lengths)),
            "result_error": error,
            "queries": np.array(queries, np.int64),
            "products_after": np.zeros((len(error), len(queries)), np.float32),
        }


def layout_of(lengths: list[int]) -> dict[str, np.ndarray]:
    """Texts one after the other, nothing shared."""
    longest = max(lengths, default=0)
    layout, home, start = np.zeros((len(lengths), longest), np.int64), [], 0
    for row, length in enumerate(lengths):
        layout[row, :length] = np.arange(start, start + length)
        home += range(row * longest, row * longest + length)
        start += length
    return {"layout": layout, "lengths": np.array(lengths, np.int32), "home": np.array(home, np.int64)}


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
            # In float64: the distributions are as near as float32 rounds.
            log_q = reference.lm_head(reference.model.norm(torch.from_numpy(got[last]))).double().log_softmax(-1)
            log_p = reference.lm_head(expected.hidden).double().log_softmax(-1)
        divergence += (log_p.exp() * (log_p - log_q)).sum(-1).tolist()
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
