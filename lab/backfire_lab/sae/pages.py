"""A page for every living feature of the autoencoder in the pack:

    python -m backfire_lab.sae.pages [--shards 8] [--held-out 4]

Reads gathered activations (training packages for density, histogram and label, held-out ones for the label's score) and the model's own
text (sampled.py, the project's examples) for examples, and writes feature-pages.bin and feature-pages.json into the pack. No text of a
package enters a page but single tokens. A page is JSON, deflated by itself, so that one can be opened without the others:

    density      share of tokens that it fires at; by kind of text, too
    histogram    counts of its activations by the bins of feature-pages.json
    logits       tokens that its direction makes likelier and less likely at once: W_dec · norm weight · unembedding, centred
    neighbours   features with the nearest directions, and the cosine
    examples     windows over quantiles of its strongest activation in each: token ids, activations in hundredths of `max`
    label        see `labels.py`
"""

from __future__ import annotations

import argparse
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from backfire_lab.build_pack import PACK, PAGES, ROOT, describe
from backfire_lab.graph_builder import Shape
from backfire_lab.reference import stored_embedding, stored_vector
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.gather import folder_of
from backfire_lab.sae.labels import Labels, Windows
from backfire_lab.sae.places import cache, write_json, write_text
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.sequences import KINDS, Sequences
from backfire_lab.sae.shards import Shard, borders, shards_in, sinks

EDGES = [2 ** (i / 2) for i in range(2, 22)]  # of activations: factors of √2 from 2 to 1,448
LOGITS, NEIGHBOURS = 10, 5
TOP, PER_QUANTILE, QUANTILES = 5, 2, (0.25, 0.5, 0.75)
BEFORE, AFTER = 12, 3  # tokens of an example around the strongest one
ROWS = 2048


@dataclass(frozen=True)
class Active:
    """Where latents fire in some text, sinks left out."""

    token: np.ndarray  # [active], in all of the text
    latent: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, saved: Saved, residual: np.ndarray, first: np.ndarray) -> Active:
        kept, parts = np.flatnonzero(~sinks(residual, first)), []
        for start in range(0, len(kept), ROWS):
            rows = kept[start : start + ROWS]
            dense = saved.activations(torch.from_numpy(residual[rows].astype(np.float32)))
            token, latent = dense.nonzero(as_tuple=True)
            parts.append((rows[token.numpy()], latent.numpy(), dense[token, latent].numpy()))
        return cls(*(np.concatenate(column) for column in zip(*parts)))


@dataclass(frozen=True)
class Text:
    """Tokens one behind the other, and what fires there."""

    ids: np.ndarray
    positions: np.ndarray
    kinds: np.ndarray
    active: Active


def gathered(saved: Saved, split: str, layer: int, shards: int) -> Text:
    sequences, paths = Sequences.load(cache() / f"{split}.npz"), shards_in(folder_of(split, layer, None))[:shards]
    if len(paths) < shards:
        raise SystemExit(f"{len(paths)} shards of {split} are gathered, {shards} are asked for.")
    last = borders(sequences.ends)[shards - 1][1]
    ids = np.concatenate([sequences.of(i) for i in range(last)])
    all_of = lambda name: np.concatenate([getattr(Shard.load(path), name) for path in paths])
    positions, residual = all_of("positions"), all_of("residual")
    return Text(ids, positions, all_of("kinds"), Active.of(saved, residual, positions == 0))


def own_text(saved: Saved, layer: int, threads: int) -> Text:
    """What the model wrote, and the project's examples."""
    tokenizer = Tokenizer.from_file(str(PACK / "tokenizer.json"))
    encode = lambda text: np.array(tokenizer.encode(text, add_special_tokens=False).ids[:1024], np.int64)
    files = sorted(path for path in (ROOT / "examples").rglob("*") if path.is_file() and path.suffix != ".parquet")
    examples = [encode(path.read_text(encoding="utf-8", errors="replace")) for path in files]
    parts = [*np.load(cache() / "sampled.npz")["ids"].astype(np.int64), *(part for part in examples if len(part) > 1)]
    run, residual = Blocks(PACK, 1, layer, threads).run, []
    lengths = [len(part) for part in parts]
    start = 0
    while start < len(parts):
        end = start + 1
        while end < len(parts) and sum(lengths[start : end + 1]) <= ROWS:
            end += 1
        residual.append(run(np.concatenate(parts[start:end]), lengths[start:end]))
        start = end
    positions = np.concatenate([np.arange(length) for length in lengths])
    ids = np.concatenate(parts)
    return Text(ids, positions, np.zeros(len(ids), np.uint8), Active.of(saved, np.concatenate(residual), positions == 0))


def histogram(active: Active, width: int) -> np.ndarray:
    """[width, bins]; the first bin holds what lies below the first edge, the last what lies above the last."""
    bins = len(EDGES) + 1
    return np.bincount(active.latent * bins + np.searchsorted(EDGES, active.value), minlength=width * bins).reshape(width, bins)


def densities(text: Text, width: int) -> dict[str, np.ndarray]:
    kind_of = text.kinds[text.active.token]
    return {
        name: np.bincount(text.active.latent[kind_of == kind], minlength=width) / max(1, (text.kinds == kind).sum())
        for kind, name in enumerate(KINDS)
    }


def logit_lens(saved: Saved, pack: dict) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Highest values and their tokens, lowest values and theirs, each [width, LOGITS]."""
    weights = pack["weights"]
    read = lambda name: np.fromfile(PACK / name, dtype=np.uint8)
    unembedding = torch.from_numpy(stored_embedding(weights["embedding.bin"], read("embedding.bin")))
    norm = torch.from_numpy(stored_vector(weights["blocks.bin"], read("blocks.bin"), "final_norm"))
    unembedding = unembedding - unembedding.mean(0)
    parts = []
    for rows in saved.decoder.split(512):
        logits = (rows * norm) @ unembedding.T
        parts.append((*logits.topk(LOGITS), *(-logits).topk(LOGITS)))
    highest, up, lowest, down = (torch.cat(column) for column in zip(*parts))
    return highest, up, -lowest, down


def neighbours(saved: Saved) -> tuple[Tensor, Tensor]:
    cosine, index = [], []
    for start in range(0, len(saved.decoder), 1024):
        near = saved.decoder[start : start + 1024] @ saved.decoder.T
        near[torch.arange(len(near)), torch.arange(start, start + len(near))] = -1
        best = near.topk(NEIGHBOURS)
        cosine.append(best.values)
        index.append(best.indices)
    return torch.cat(cosine), torch.cat(index)


def examples(text: Text, width: int) -> list[tuple[float, list[dict]]]:
    """Of each feature the strongest activation, and windows around the strongest token of some runs, strongest first."""
    starts = np.flatnonzero(text.positions == 0)
    run_of = np.searchsorted(starts, text.active.token, side="right") - 1
    ends = np.append(starts[1:], len(text.ids))
    order = np.lexsort((text.active.token, text.active.latent))
    token, value, run = text.active.token[order], text.active.value[order], run_of[order]
    places = np.searchsorted(text.active.latent[order], np.arange(width + 1))
    found = []
    for latent in range(width):
        rows = slice(places[latent], places[latent + 1])
        if rows.start == rows.stop:
            found.append((0.0, []))
            continue
        at, values = token[rows], value[rows]
        peaks = strongest_of_each(values, run[rows])
        most = float(values.max())
        windows = [window_of(text, at, values, at[peaks[i]], starts, ends, most) | {"quantile": q} for i, q in chosen(len(peaks))]
        found.append((most, windows))
    return found


def strongest_of_each(values: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Index of the strongest value of each run, strongest run first."""
    by_value = np.argsort(-values, kind="stable")
    _, first = np.unique(run[by_value], return_index=True)
    return by_value[np.sort(first)]


def chosen(count: int) -> list[tuple[int, float]]:
    """Places among `count` windows in falling order, and the quantile that each stands for; 1 for the top ones."""
    top = [(i, 1.0) for i in range(min(TOP, count))]
    rest = [(round((1 - q) * (count - 1)) + i, q) for q in reversed(QUANTILES) for i in range(PER_QUANTILE)]
    seen: dict[int, float] = dict(top)
    for place, quantile in rest:
        if place < count and place not in seen:
            seen[place] = quantile
    return list(seen.items())


def window_of(text: Text, at, values, peak: int, starts, ends, most: float) -> dict:
    run = np.searchsorted(starts, peak, side="right") - 1
    begin, end = max(starts[run], peak - BEFORE), min(ends[run], peak + AFTER + 1)
    inside = (at >= begin) & (at < end)
    shares = np.zeros(end - begin, np.int64)
    shares[at[inside] - begin] = np.maximum(1, np.round(100 * values[inside] / most))
    return {"tokens": text.ids[begin:end].tolist(), "values": shares.tolist()}


def write_pages(pages: list[dict | None], about: dict, folder: Path) -> None:
    offsets, packed = [0], bytearray()
    for page in pages:
        if page is not None:
            squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed += squeezer.compress(json.dumps(page, separators=(",", ":"), ensure_ascii=False).encode()) + squeezer.flush()
        offsets.append(len(packed))
    (folder / PAGES["file"]).write_bytes(packed)
    write_text(folder / PAGES["index"], json.dumps({**about, "offsets": offsets}, separators=(",", ":"), ensure_ascii=False) + "\n")


def rounded(values, digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=8, help="of training packages")
    parser.add_argument("--held-out", type=int, default=4, help="shards of held-out packages")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    pack = json.loads((PACK / "pack.json").read_text())
    saved, layer = Saved.load(PACK), pack["layer"]
    width = len(saved.decoder)
    training = gathered(saved, "train", layer, arguments.shards)
    held_out = gathered(saved, "held-out", layer, arguments.held_out)
    own = own_text(saved, layer, arguments.threads)
    tokenizer = Tokenizer.from_file(str(PACK / "tokenizer.json"))
    highest, up, lowest, down = logit_lens(saved, pack)
    cosine, near = neighbours(saved)
    of_kind, counts, shown = densities(training, width), histogram(training.active, width), examples(own, width)
    fired = np.bincount(training.active.latent, minlength=width)
    strongest = np.zeros(width)
    np.maximum.at(strongest, training.active.latent, training.active.value)
    labels = Labels.of(training.ids, training.active.token, training.active.latent, training.active.value, width, tokenizer)
    scores = labels.scores(Windows.of(held_out.ids, held_out.positions, held_out.active.token, held_out.active.latent, width))
    pages: list[dict | None] = []
    for latent in range(width):
        most, windows = shown[latent]
        if not fired[latent] and not windows:
            pages.append(None)
            continue
        pages.append({
            "id": latent,
            "density": float(f"{fired[latent] / len(training.ids):.3g}"),
            "densityOfKind": {name: float(f"{of_kind[name][latent]:.3g}") for name in KINDS},
            "strongest": round(float(strongest[latent]), 2),
            "histogram": counts[latent].tolist(),
            "logits": {
                "up": [up[latent].tolist(), rounded(highest[latent], 3)],
                "down": [down[latent].tolist(), rounded(lowest[latent], 3)],
            },
            "neighbours": [near[latent].tolist(), rounded(cosine[latent], 3)],
            "max": round(most, 2),
            "examples": windows,
            "label": {**labels.described(latent), **scores[latent]},
        })  # fmt: skip
    about = {
        "format": 1,
        "tokens": {"training": len(training.ids), "heldOut": len(held_out.ids), "own": len(own.ids)},
        "edges": rounded(EDGES, 3),
        "labels": [page["label"]["text"] if page else "" for page in pages],
        "densities": [page["density"] if page else 0 for page in pages],
    }
    write_pages(pages, about, PACK)
    write_json(PACK / "pack.json", describe(PACK, Shape.of_pack(pack), pack["weights"], layer))
    living = sum(page is not None for page in pages)
    size = (PACK / PAGES["file"]).stat().st_size
    print(f"{living} of {width} features have a page, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
