"""The figures of a report."""

from dataclasses import replace

import numpy as np

import backfire_lab.before_torch  # noqa: F401, I001
import torch

from backfire_lab.build_pack import PACK
from backfire_lab.reference import forward, load_reference
from backfire_lab.sae.agreement import agreement
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.reconstruction import figures, fit
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.splice import Batch, UpperHalf, ablate, recovered, splice
from few_directions import made_of_few_directions, small_autoencoder
from tiny_texts import PROSE


def test_figures_of_a_perfect_and_of_an_empty_reconstruction():
    _, _, ours = small_autoencoder()
    rows = made_of_few_directions(1000, seed=3)
    rows[:, 4] += 150 * torch.randn(1000, generator=torch.Generator().manual_seed(0)).sign()
    of = fit(ours, rows)
    perfect = figures(replace(of, reconstruction=rows))
    assert perfect["varianceExplained"]["all"] == 1 and perfect["varianceExplained"]["medianToken"] == 1
    assert perfect["massiveDimensions"] == [4]
    empty = figures(replace(of, reconstruction=rows.mean(0).expand_as(rows)))
    assert abs(empty["varianceExplained"]["all"]) < 1e-3
    # A dimension that is given back alone makes the figure of all look good, and the others' not.
    lopsided = rows.mean(0).repeat(1000, 1)
    lopsided[:, 4] = rows[:, 4]
    flattering = figures(replace(of, reconstruction=lopsided))["varianceExplained"]
    assert flattering["all"] > 0.85 and flattering["withoutMassiveDimensions"] < 0.01


def test_agreement_counts_latents_that_both_have():
    rows = torch.nn.functional.normalize(torch.randn(40, 64, generator=torch.Generator().manual_seed(0)), dim=1)
    other = torch.nn.functional.normalize(torch.randn(40, 64, generator=torch.Generator().manual_seed(1)), dim=1)
    mixed = torch.cat([rows[:10].flip(0), other[10:]])
    assert agreement(rows, rows)["matchedOneToOne"] == 1
    assert agreement(rows, mixed)["matched"] == agreement(rows, mixed)["matchedOneToOne"] == 0.25


def test_splicing_nothing_costs_nothing_and_ablation_costs(tokenizer):
    ids = [tokenizer.encode(text).ids for text in (PROSE * 2, "def f(x):\n    return x + 1\n")]
    lengths = [len(i) for i in ids]
    joined = np.concatenate(ids)
    residual = torch.from_numpy(Blocks(PACK, 1, 16, threads=1).run(joined, lengths))
    hidden = residual.shape[1]
    identity = Saved(
        encoder=torch.cat([torch.eye(hidden), -torch.eye(hidden)], dim=1),
        encoder_bias=torch.zeros(2 * hidden),
        decoder=torch.cat([torch.eye(hidden), -torch.eye(hidden)]),
        decoder_bias=torch.zeros(hidden),
        threshold=torch.zeros(2 * hidden),
    )
    upper, batch = UpperHalf(PACK, 16, threads=1), Batch(torch.from_numpy(joined), lengths, residual)
    assert batch.sinks().nonzero()[:, 0].tolist() == [0, lengths[0]]
    ablated = ablate(upper, batch, residual[1:].mean(0))
    figures = recovered([splice(upper, identity, ablated)])
    assert figures["predictions"] == sum(lengths) - 4
    reference = load_reference(PACK)
    nll = lambda text: -forward(reference, text).log_probabilities[1:-1].gather(1, torch.tensor(text[2:])[:, None])
    assert abs(figures["crossEntropy"]["model"] - float(torch.cat([nll(text) for text in ids]).mean())) < 1e-3
    assert abs(figures["deltaCrossEntropy"]) < 1e-3 and figures["deltaError"] < 1e-3
    assert figures["kl"] < 1e-3 and figures["recoveredAgainstMean"] > 0.999
    assert figures["crossEntropy"]["zero"] > figures["crossEntropy"]["model"] + 1
    nothing = replace(identity, decoder=torch.zeros(2 * hidden, hidden))
    lost = recovered([splice(upper, nothing, ablated)])
    assert abs(lost["recoveredAgainstZero"]) < 1e-4
