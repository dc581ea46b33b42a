"""How far a pack is from the same model in transformers, fp32."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from backfire_lab.fidelity import Graphs


@torch.no_grad()
def compare(model: Path, pack: Path, ids: list[int]) -> str:
    reference = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32, attn_implementation="eager").eval()
    out = reference(torch.tensor([ids]), output_hidden_states=True)
    layer, graphs = json.loads((pack / "pack.json").read_text())["layer"], Graphs(pack)
    states = graphs.run(ids)
    true = out.hidden_states[layer][0].numpy()
    unexplained = float(((states[layer] - true) ** 2).sum() / ((true - true.mean(0)) ** 2).sum())
    rows = {"rows": np.arange(len(ids) - 1), "targets": np.array(ids[1:])}
    got = graphs.head.run(["log_probability"], {"residual": states[max(states)], **rows})[0]
    expected = out.logits[0, :-1].log_softmax(-1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0].numpy()
    off = np.abs(got - expected)
    return (
        f"against transformers over {len(ids)} tokens: unexplained variance of resid {layer} {unexplained:.2g}, "
        f"log p off by {off.mean():.2g} nats in the mean, {off.max():.2g} at most"
    )
