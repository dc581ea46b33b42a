"""The probe: framings of a payload, fitting with sources left out, and the graph."""

import numpy as np
import onnxruntime
import torch

from backfire_lab.ground_truth.own_samples import own_samples
from backfire_lab.probe.fit import fit, left_out
from backfire_lab.probe.framings import Framed, entanglement, table
from backfire_lab.probe.graph import probe_graph
from backfire_lab.probe.texts import WORDINGS, forms_of, own_texts


def clusters(sources: int, each: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flagged and other points that one direction separates in every source."""
    random = np.random.default_rng(3)
    flagged = np.tile(np.arange(each) % 2 == 0, sources)
    columns = random.normal(size=(sources * each, 12))
    columns[:, 4] += 3 * flagged
    return columns, flagged, np.repeat([f"s{i}" for i in range(sources)], each)


def test_every_framing_holds_the_payload_as_it_is_or_reformatted():
    for sample in own_samples():
        payload, forms = sample.payload.of(sample.text), forms_of(sample)
        assert len(forms) == 6 + sum(WORDINGS.values())
        for name, form in forms.items():
            found = form.payload.of(form.text)
            assert found.split() == payload.split() if name == "reformatted" else found.strip("\n") == payload.strip("\n"), (sample.id, name)
        assert forms["warned"].text == sample.text
        assert sample.frame.of(sample.text) not in forms["bare"].text


def test_our_own_texts_come_in_pairs():
    texts = own_texts()
    assert [text.flagged for text in texts] == [True, False] * (len(texts) // 2)
    assert len(texts) >= 2 * 40


def test_a_probe_finds_the_direction_and_is_the_same_on_raw_columns():
    columns, flagged, sources = clusters(3)
    probe = fit(columns, flagged, sources, 1e-2)
    assert int(np.abs(probe.weights).argmax()) == 4
    assert ((probe(columns) > 0) == flagged).mean() > 0.85
    # Another scale and offset of a column change the weights, but not what the probe says.
    moved = columns * np.linspace(1, 9, 12) + 5
    assert np.allclose(fit(moved, flagged, sources, 1e-2)(moved), probe(columns), atol=1e-2)


def test_scores_of_a_source_come_from_a_probe_that_did_not_see_it():
    columns, flagged, sources = clusters(3)
    turned = np.where(sources == "s0", ~flagged, flagged)  # s0 says the opposite: a probe that saw it would follow it in part
    scores = left_out(columns, turned, sources, 1e-2)
    held = sources == "s0"
    assert ((scores[held] > 0) != turned[held]).mean() > 0.85
    assert np.array_equal(scores[held], fit(columns[~held], turned[~held], sources[~held], 1e-2)(columns[held]))


def test_the_graph_scores_as_the_probe_does_and_has_no_number_for_sinks():
    columns, flagged, sources = clusters(2)
    probe = fit(columns, flagged, sources, 1e-2)
    session = onnxruntime.InferenceSession(probe_graph(probe, sink_norm=50.0).SerializeToString())
    residual = columns.astype(np.float32)
    residual[0] *= 1000
    (scores,) = session.run(None, {"residual": residual})
    assert np.isnan(scores[0])
    assert np.allclose(scores[1:], probe(columns[1:]), atol=1e-5)


def test_entanglement_is_one_for_the_same_features_and_counts_from_the_end():
    one = torch.tensor([[5.0, 0.0], [1.0, 2.0], [0.0, 4.0]])
    assert entanglement(one, one) == 1
    assert entanglement(one, one[1:]) == 1
    assert entanglement(one, torch.zeros_like(one)) == 0
    assert entanglement(torch.tensor([[1.0, 3.0]]), torch.tensor([[2.0, 1.0]])) == 2 / 5


def test_slips_are_counted_among_what_the_probe_flags():
    framed = lambda score, direct, entangled: {"preamble 1": Framed(score, direct, 1.0, entangled)}
    samples = [framed(0, 2, 0.9), framed(0, 2, 0.1), framed(2, 2, 0.9), framed(2, 2, 0.1), framed(0, 0, 0.9)]
    row = table(samples, threshold=1)["preamble"]
    assert (row["texts"], row["flaggedDirect"]) == (5, 4)
    assert row["fooled"]["value"] == 0.5
    assert row["slip"]["value"] == 0.25
    assert row["reverse"]["value"] == 0.25
