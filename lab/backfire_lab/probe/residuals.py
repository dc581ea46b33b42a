"""The residual stream at the pack's layer, of the tokens of a text's payload."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from backfire_lab.build_pack import PACK
from backfire_lab.ground_truth.sample import Placed
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.shards import sinks

TOKENS = 512  # of one run of the graphs


class Residuals:
    def __init__(self, threads: int):
        self.layer = json.loads((PACK / "pack.json").read_text())["layer"]
        self.tokens = Tokens.of_pack(PACK)
        self.blocks = Blocks(PACK, 1, self.layer, threads)

    def of(self, texts: list[Placed]) -> list[np.ndarray]:
        """[payload tokens, hidden] of each text, without sinks; texts of like length run together."""
        ids = [self.tokens.ids(text.text) for text in texts]
        found = {}
        for batch in batches([len(each) for each in ids]):
            for i, rows in zip(batch, self._run([ids[i] for i in batch])):
                inside = np.array(self.tokens.overlapping(texts[i].text, texts[i].payload))
                found[i] = rows[inside & ~sinks(rows, np.arange(len(rows)) == 0)]
        return [found[i] for i in range(len(texts))]

    def _run(self, ids: list[list[int]]) -> list[np.ndarray]:
        lengths = [len(each) for each in ids]
        rows = self.blocks.run(np.concatenate(ids).astype(np.int64), lengths)
        return np.split(rows, np.cumsum(lengths)[:-1])


def batches(lengths: list[int]) -> Iterator[list[int]]:
    """Indices, the shortest first, up to TOKENS together; what is longer alone."""
    batch, filled = [], 0
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and filled + lengths[i] > TOKENS:
            yield batch
            batch, filled = [], 0
        batch.append(i)
        filled += lengths[i]
    if batch:
        yield batch
