"""Gathered activations, and what their shards depend on."""

import numpy as np
import pytest

import backfire_lab.before_torch  # noqa: F401, I001
import torch

from backfire_lab.build_pack import PACK
from backfire_lab.reference import forward, load_reference
from backfire_lab.sae.blocks import Blocks, layout
from backfire_lab.sae.fast_blocks import FastBlocks
from backfire_lab.sae.gather import gather
from backfire_lab.sae.places import keep_configuration
from backfire_lab.sae.random_model import random_blocks
from backfire_lab.sae.sequences import arrange
from backfire_lab.sae.shards import Shard, halved, shards_in, sinks
from tiny_texts import PROSE


def test_float16_refuses_what_it_cannot_hold():
    assert halved(np.array([[60000.0]])).dtype == np.float16
    for bad in (70000.0, np.nan):
        with pytest.raises(SystemExit, match="float16"):
            halved(np.array([[bad]]))


def test_gathered_residuals_are_those_of_the_reference_and_a_run_goes_on(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr("backfire_lab.sae.shards.TOKENS", 100)
    sequences = arrange([("code", 0, "def f(x):\n    return x + 1\n\n" * 8), ("documentation", 1, PROSE * 9)], tokenizer, seed=0)
    blocks = Blocks(PACK, 1, 4, threads=1)
    gather(sequences, tmp_path, blocks.run)
    paths = shards_in(tmp_path)
    shards = [Shard.load(path) for path in paths]
    assert sum(len(s.positions) for s in shards) == len(sequences.ids) and len(paths) == 2
    reference = load_reference(PACK)
    expected = torch.cat([forward(reference, sequences.of(i).tolist()).residuals[4][1:] for i in range(len(sequences))])
    got = torch.from_numpy(np.concatenate([s.residual[s.positions > 0] for s in shards]).astype(np.float32))
    assert (got - expected).norm() / expected.norm() < 1e-3

    before = paths[0].read_bytes()
    paths[0].unlink()
    assert shards_in(tmp_path) == []  # a gap: what comes behind it is not counted as a first part
    stamp = paths[1].stat().st_mtime_ns
    gather(sequences, tmp_path, blocks.run)
    assert paths[0].read_bytes() == before and paths[1].stat().st_mtime_ns == stamp


def test_rounded_products_change_next_to_nothing_and_take_sequences_apart(tokenizer):
    ids = np.array(tokenizer.encode(PROSE * 3).ids)
    half = len(ids) // 2
    lengths = [half, len(ids) - half]
    exact, rounded = Blocks(PACK, 1, 4, threads=1).run(ids, lengths), FastBlocks.of_pack(PACK, 4, threads=1).run(ids, lengths)
    left = ~sinks(exact, np.isin(np.arange(len(ids)), [0, half]))
    assert left.sum() > 20
    unexplained = np.square(exact - rounded)[left].sum() / np.square(exact - exact[left].mean(0))[left].sum()
    assert unexplained < 1e-3


def test_the_random_model_is_the_same_for_a_seed_and_takes_sequences_apart():
    ids, lengths = np.arange(100, 114), [5, 9]
    run_random = random_blocks(PACK, 1, 0, threads=1)
    together = run_random(ids, lengths)
    assert np.allclose(together[5:], run_random(ids[5:], [9]), atol=1e-5)
    assert np.allclose(together, random_blocks(PACK, 1, 0, threads=1)(ids, lengths))
    assert not np.allclose(together, random_blocks(PACK, 1, 1, threads=1)(ids, lengths))


def test_another_configuration_is_refused(tmp_path):
    keep_configuration(tmp_path / "config.json", {"layer": 16, "k": (1, 2)})
    keep_configuration(tmp_path / "config.json", {"layer": 16, "k": (1, 2)})
    with pytest.raises(SystemExit, match="layer is 16 there and 12 now"):
        keep_configuration(tmp_path / "config.json", {"layer": 12, "k": (1, 2)})


def test_layout_of_sequences_of_different_lengths():
    where = layout([2, 3])
    assert where["layout"][0, :2].tolist() == [0, 1] and where["layout"][1].tolist() == [2, 3, 4]
    assert where["home"].tolist() == [0, 1, 3, 4, 5]
