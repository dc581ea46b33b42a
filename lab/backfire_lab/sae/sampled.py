"""Text that the model wrote itself, for the examples of feature pages: nobody else's may stand there.

    python -m backfire_lab.sae.sampled

Draws CACHE/sampled.npz: windows of 48 tokens, the same number after each opening of lab/data/openings.json, with a fixed seed. Openings of
one length are continued together; a run that was killed goes on with the length it was at.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.reference import load_reference
from backfire_lab.sae.places import cache

OPENINGS = ROOT / "lab" / "data" / "openings.json"
WINDOW, PER_OPENING, SEED = 48, 16, 5
TOP_P = 0.95


def continued(model: LlamaForCausalLM, openings: list[list[int]], seed: int) -> np.ndarray:
    """[openings · PER_OPENING, WINDOW] ids, sampled at temperature 1 from the likeliest tokens that make up `TOP_P`."""
    torch.manual_seed(seed)
    start = torch.tensor(openings).repeat_interleave(PER_OPENING, dim=0)
    left = WINDOW - start.shape[1]
    made = model.generate(
        start, attention_mask=torch.ones_like(start), do_sample=True, temperature=1.0, top_p=TOP_P, top_k=0,
        min_new_tokens=left, max_new_tokens=left, pad_token_id=0,
    )  # fmt: skip
    return made.numpy().astype(np.uint16)


def openings_by_length(tokenizer: Tokenizer) -> dict[int, list[list[int]]]:
    found: dict[int, list[list[int]]] = {}
    for text in json.loads(OPENINGS.read_text(encoding="utf-8")):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        found.setdefault(len(ids), []).append(ids)
    return dict(sorted(found.items()))


def part_of(model: LlamaForCausalLM, tokenizer: Tokenizer, openings: list[list[int]], folder: Path) -> np.ndarray:
    length = len(openings[0])
    path = folder / f"{length:02}.npy"
    if not path.exists():
        made = continued(model, openings, SEED + length)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, made)
        partial.replace(path)
        print(f"{len(made)} windows after openings of {length} tokens: {tokenizer.decode(made[0].tolist())!r}", flush=True)
    return np.load(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    torch.set_num_threads(parser.parse_args().threads)
    folder = cache() / "sampled"
    folder.mkdir(parents=True, exist_ok=True)
    model, tokenizer = load_reference(PACK), Tokenizer.from_file(str(PACK / "tokenizer.json"))
    parts = [part_of(model, tokenizer, openings, folder) for openings in openings_by_length(tokenizer).values()]
    partial = cache() / "sampled.partial.npz"
    np.savez(partial, ids=np.concatenate(parts))
    partial.replace(cache() / "sampled.npz")


if __name__ == "__main__":
    main()
