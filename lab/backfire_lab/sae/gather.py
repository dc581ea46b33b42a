"""Gathers the residual stream that the autoencoder learns from:

    python -m backfire_lab.sae.gather [--split train|held-out] [--layer 16] [--most TOKENS] [--threads 2] [--random SEED]

Runs the model over the sequences of CACHE/<split>.npz in their order and writes CACHE/residuals/<layer>/<split>/*.safetensors, float16.
Any first shards are a fair sample of the whole. A run that was killed goes on with the shard it was at. `--exact` takes the pack's
graphs, otherwise products are rounded (fast_blocks.py).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from backfire_lab.build_pack import PACK
from backfire_lab.ground_truth.configuration import MODEL_FILES, file_hash
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.places import cache, keep_configuration
from backfire_lab.sae.sequences import Sequences
from backfire_lab.sae.shards import Shard, borders, halved, name_of

BATCH = 2048  # tokens of one run: more of them leave the processor's cache

Run = Callable[[np.ndarray, list[int]], np.ndarray]


def batches(lengths: list[int], size: int = BATCH) -> Iterator[range]:
    """Places one behind the other, of at least `size` tokens together; the last ones of what is left."""
    start, tokens = 0, 0
    for place, length in enumerate(lengths):
        tokens += length
        if tokens >= size or place == len(lengths) - 1:
            yield range(start, place + 1)
            start, tokens = place + 1, 0


def shard_of(sequences: Sequences, first: int, last: int, run: Run) -> Shard:
    residual, positions, kinds = [], [], []
    for places in batches(sequences.lengths(first, last)):
        numbers = [first + place for place in places]
        parts = [sequences.of(i) for i in numbers]
        lengths = [len(part) for part in parts]
        residual.append(halved(run(np.concatenate(parts).astype(np.int64), lengths)))
        positions += [np.arange(length, dtype=np.uint16) for length in lengths]
        kinds += [np.full(length, sequences.kinds[i], np.uint8) for i, length in zip(numbers, lengths)]
    return Shard(np.concatenate(residual), np.concatenate(positions), np.concatenate(kinds))


def gather(sequences: Sequences, folder: Path, run: Run, most: int | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    plan = borders(sequences.ends)
    for number, (first, last) in enumerate(plan):
        if most is not None and sequences.start(first) >= most:
            break
        path = folder / name_of(number)
        if path.exists():
            continue
        clock = time.monotonic()
        shard = shard_of(sequences, first, last, run)
        shard.save(path)
        tokens = len(shard.positions)
        print(f"{number + 1}/{len(plan)} {tokens} tokens, {tokens / (time.monotonic() - clock):.0f} a second", flush=True)


def folder_of(split: str, layer: int, random: int | None) -> Path:
    return cache() / "residuals" / (f"{layer}" if random is None else f"{layer}-random-{random}") / split


def begin(folder: Path, split: str, layer: int, random: int | None, exact: bool) -> None:
    """Saves what the shards of a folder depend on, or refuses to go on with another model or text."""
    model = {name: file_hash(PACK / name) for name in MODEL_FILES}
    text = file_hash(cache() / f"{split}.npz")
    depends_on = {"layer": layer, "random": random, "exact": exact, "model": model, "sequences": text}
    keep_configuration(folder / "config.json", depends_on)


def runner(layer: int, random: int | None, exact: bool, threads: int) -> Run:
    if random is not None:
        from backfire_lab.sae.random_model import random_blocks  # torch: not needed otherwise

        return random_blocks(PACK, layer, random, threads)
    if exact:
        return Blocks(PACK, 1, layer, threads).run
    from backfire_lab.sae.fast_blocks import FastBlocks

    return FastBlocks.of_pack(PACK, layer, threads).run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("train", "held-out"), default="train")
    parser.add_argument("--layer", type=int, default=16, help="L of resid L, a border of the pack's graphs")
    parser.add_argument("--most", type=int, help="stop after this many tokens")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--random", type=int, metavar="SEED", help="a randomly initialised model of the same shape")
    parser.add_argument("--exact", action="store_true", help="float32 throughout")
    arguments = parser.parse_args()
    sequences = Sequences.load(cache() / f"{arguments.split}.npz")
    folder = folder_of(arguments.split, arguments.layer, arguments.random)
    begin(folder, arguments.split, arguments.layer, arguments.random, arguments.exact)
    run = runner(arguments.layer, arguments.random, arguments.exact, arguments.threads)
    gather(sequences, folder, run, arguments.most)


if __name__ == "__main__":
    main()
