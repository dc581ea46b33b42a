"""The residual stream at the pack's layer, of the tokens of a text's payload."""

from __future__ import annotations

import json

import numpy as np
from tokenizers import Tokenizer

from backfire_lab.build_pack import PACK
from backfire_lab.ground_truth.sample import Placed
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.shards import sinks

TOKENS = 512  # of one run of the graphs


class Residuals:
    def __init__(self, threads: int):
        self.layer = json.loads((PACK / "pack.json").read_text())["layer"]
        self.tokenizer = Tokenizer.from_file(str(PACK / "tokenizer.json"))
        self.blocks = Blocks(PACK, 1, self.layer, threads)

    def of(self, texts: list[Placed]) -> list[np.ndarray]:
        """[payload tokens, hidden] of each text, without sinks; texts of like length run together."""
        encodings = [self.tokenizer.encode(text.text, add_special_tokens=False) for text in texts]
        found: list[np.ndarray | None] = [None] * len(texts)
        batch: list[int] = []
        for index in [*sorted(range(len(texts)), key=lambda i: len(encodings[i].ids)), None]:
            if batch and (index is None or sum(len(encodings[i].ids) for i in [*batch, index]) > TOKENS):
                for i, rows in zip(batch, self._run([encodings[i].ids for i in batch])):
                    found[i] = rows[payload_rows(encodings[i].offsets, texts[i]) & ~sinks(rows, np.arange(len(rows)) == 0)]
                batch = []
            if index is not None:
                batch.append(index)
        return found

    def _run(self, ids: list[list[int]]) -> list[np.ndarray]:
        lengths = [len(each) for each in ids]
        rows = self.blocks.run(np.concatenate(ids).astype(np.int64), lengths)
        return np.split(rows, np.cumsum(lengths)[:-1])


def payload_rows(offsets: list[tuple[int, int]], text: Placed) -> np.ndarray:
    return np.array([start < text.payload.end and end > text.payload.start for start, end in offsets])
