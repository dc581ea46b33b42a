"""The pack's graphs, run over many sequences at once, as the product runs them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime


def layout(lengths: list[int]) -> dict[str, np.ndarray]:
    """Inputs of a run of sequences that share nothing; see `Layout` in graphs.py. Slots behind a sequence are never looked at."""
    longest = max(lengths)
    slots = np.zeros((len(lengths), longest), np.int64)
    used = np.arange(longest)[None] < np.array(lengths)[:, None]
    slots[used] = np.arange(sum(lengths))
    return {"layout": slots, "lengths": np.array(lengths, np.int32), "home": np.flatnonzero(used)}


def nothing_graded(hidden: int) -> dict[str, np.ndarray]:
    """What a graph that can also run backwards is given in a forward run; see `grading_inputs` in graphs.py."""
    no_tokens = np.zeros(0, np.int64)
    return {
        "graded": no_tokens,
        "graded_layout": np.zeros((0, 0), np.int64),
        "graded_lengths": np.zeros(0, np.int32),
        "graded_home": no_tokens,
        "result_error": np.zeros((0, hidden), np.float32),
        "queries": no_tokens,
        "products_after": np.zeros((0, 0), np.float32),
    }


class Blocks:
    """Blocks `first` to `last` of a pack, counted from 1; both must be borders of its graphs."""

    def __init__(self, pack: Path, first: int, last: int, threads: int):
        manifest = json.loads((pack / "pack.json").read_text())
        segments = manifest["graphs"]["segments"]
        chosen = [s for s in segments if first <= s["first"] and s["last"] <= last]
        if not chosen or (chosen[0]["first"], chosen[-1]["last"]) != (first, last):
            raise SystemExit(f"{pack}: blocks {first} to {last} are no whole graphs; they end at {[s['last'] for s in segments]}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.input = "ids" if first == 1 else "residual"
        self.sessions = [onnxruntime.InferenceSession(str(pack / s["graph"]), options) for s in chosen]
        self.nothing = nothing_graded(manifest["model"]["hidden"])

    def run(self, start: np.ndarray, lengths: list[int]) -> np.ndarray:
        """[tokens] int64 ids, or [tokens, hidden] float32, of sequences one behind the other, to [tokens, hidden]."""
        state, where = {self.input: start}, layout(lengths)
        for session in self.sessions:
            nothing = self.nothing if any(i.name == "graded" for i in session.get_inputs()) else {}
            state = {"residual": session.run(["result"], {**state, **where, **nothing})[0]}
        return state["residual"]
