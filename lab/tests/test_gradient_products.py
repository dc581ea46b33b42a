"""Gradient products: what they are in theory, in the reference, in the graphs, and in what the choice rests on."""

import pytest

import backfire_lab.before_torch  # noqa: F401, I001
import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from backfire_lab.build_pack import PACK
from backfire_lab.fidelity import Graphs
from backfire_lab.golden_fidelity import GOLDEN, lines
from backfire_lab.ground_truth.conditions import training_texts
from backfire_lab.ground_truth.forecast import scored, utf16
from backfire_lab.ground_truth.gradient_gains import FORMS, KINDS, Gradients, kept_gains
from backfire_lab.ground_truth.learner import neutral_context
from backfire_lab.ground_truth.own_samples import own_samples
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.reference import gradient_products, load_reference, reads_and_errors
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.teaching import Teaching

LAYER = 16  # of the autoencoder
TEXTS = ("code-python-1", "code-javascript-2", "prose-thai-1")


@pytest.fixture(scope="module")
def small() -> LlamaForCausalLM:
    torch.manual_seed(5)
    heads = {"num_attention_heads": 6, "num_key_value_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=300, hidden_size=48, intermediate_size=64, num_hidden_layers=4, **heads)).eval()


def test_their_sum_is_the_inner_product_of_two_gradients(small):
    """Of the sample's loss and the query's, with respect to the output matrices of the attentions after a block."""
    sample, query, start, layer = [5, 9, 200, 31, 9, 200, 7], [3, 8, 9, 200, 31], 2, 1
    weights = [block.self_attn.o_proj.weight for block in small.model.layers[layer:]]

    def gradients(ids: list[int], start: int) -> list[torch.Tensor]:
        log_p = small(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
        return torch.autograd.grad(-log_p.gather(1, torch.tensor(ids[1:])[:, None])[start - 1 :].sum(), weights)

    # The query's gradient also has a part from its context, whose errors are not the payload's own: rows before `start` are left out.
    products = gradient_products(small, sample, query, start, layer)
    assert products.shape == (len(sample) - 1, len(query) - start)
    whole = gradient_products_of_all_rows(small, sample, query, start, layer)
    expected = sum((a * b).sum() for a, b in zip(gradients(sample, 1), gradients(query, start), strict=True))
    torch.testing.assert_close(whole.sum(), expected, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(products, whole[:, start - 1 :])


def gradient_products_of_all_rows(model, sample, query, start, layer) -> torch.Tensor:
    blocks = model.model.layers[layer:]
    pairs = zip(*reads_and_errors(model, blocks, sample, 1), *reads_and_errors(model, blocks, query, start), strict=True)
    return sum((a[:-1] @ a_q[:-1].T) * (d[:-1] @ d_q[:-1].T) for a, d, a_q, d_q in pairs)


def test_graphs_give_those_of_autograd():
    """In texts of several languages, also when another text runs with them: relative error at most 1e-4."""
    graphs, model, tokens = Graphs(PACK), load_reference(PACK), Tokens.of_pack(PACK)
    ids_of = {row["id"]: row["ids"] for row in lines(GOLDEN / "tokens.jsonl")}
    context = tokens.ids("```text\n")
    for name in TEXTS:
        ids = ids_of[name][:60]
        query, other = context + ids[len(ids) // 2 :], ids[::-1] + ids[:5]
        expected = gradient_products(model, ids, query, len(context), graphs.pack["kernel"]["layer"]).numpy()
        every = graphs.products([other, ids, query], [1, 1, len(context)], len(query) - len(context))
        got = every[len(other) : len(other) + len(ids) - 1]
        assert np.abs(expected).max() > 1
        assert np.abs(got - expected).max() <= 1e-4 * np.abs(expected).max()


def test_gains_are_sums_of_them_over_the_text_and_are_kept(tmp_path):
    model, tokens = load_reference(PACK), Tokens.of_pack(PACK)
    sample = min(own_samples(), key=lambda sample: len(sample.text))
    context, payload = tokens.ids(neutral_context(sample.language)), tokens.ids(sample.payload.of(sample.text))
    ids = tokens.ids(training_texts(sample)["bare"].text)
    expected = gradient_products(model, ids, context + payload, len(context), 8).sum(0) / model.config.hidden_size
    gradients = Gradients(model, tokens, Saved.load(PACK), LAYER)
    gradients._roots = [torch.ones(matrix.out_features) for matrix in gradients.matrices]
    gains = kept_gains(tmp_path, sample, gradients)
    of_output = gains["bare"][:, 8:, KINDS.index("o_proj")].sum(1)
    np.testing.assert_allclose(of_output[FORMS.index("plain")], expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(of_output[FORMS.index("preconditioned")], expected, rtol=1e-3, atol=1e-4)
    assert kept_gains(tmp_path, sample, None).keys() == gains.keys()
    assert np.abs(gains["bare"][:, LAYER - 1, -1]).min() > 0 and not gains["bare"][:, LAYER:, -1].any()


def test_the_gain_of_features_is_the_inner_product_of_two_gradients_of_a_matrix_from_them_to_the_stream():
    model, tokens, saved = load_reference(PACK), Tokens.of_pack(PACK), Saved.load(PACK)
    sample = min(own_samples(), key=lambda sample: len(sample.text))
    context, payload = tokens.ids(neutral_context(sample.language)), tokens.ids(sample.payload.of(sample.text))
    gradients = Gradients(model, tokens, saved, LAYER)
    gradients._roots = [torch.ones(matrix.out_features) for matrix in gradients.matrices]
    matrix = torch.zeros_like(saved.decoder).requires_grad_()  # added to what the block writes: no change, but a gradient

    def gradient(ids: list[int], start: int) -> torch.Tensor:
        """From the tokens that predict the loss alone, as gains are."""
        asked = torch.arange(len(ids))[:, None] >= start - 1
        handle = model.model.layers[LAYER - 1].register_forward_hook(
            lambda _, __, stream: stream + (gradients.features(stream[0].detach()) * asked @ matrix)[None]
        )
        log_p = model(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
        handle.remove()
        return torch.autograd.grad(-log_p.gather(1, torch.tensor(ids[1:])[:, None])[start - 1 :].sum(), matrix)[0]

    expected = gradient(tokens.ids(training_texts(sample)["bare"].text), 1) * gradient(context + payload, len(context))
    gain = gradients.gains(sample)["bare"][0, LAYER - 1, -1].sum()
    assert gain == pytest.approx(float(expected.sum()), rel=1e-3)


def test_the_measure_of_a_changed_stream():
    """Unchanged it is the product's; what is added to the stream reaches it, and nothing of it stays in the model."""
    teaching, tokens = Teaching(PACK), Tokens.of_pack(PACK)
    sample = min(own_samples(), key=lambda sample: len(sample.text))
    ids, context = tokens.ids(sample.text), tokens.ids(neutral_context(sample.language))
    asked = teaching.ask(context, tokens.ids(sample.payload.of(sample.text)))
    line = {"id": 0, "text": sample.text, "payload": utf16(sample.text, sample.payload), "language": sample.language}
    measured = scored([line])[0]["measures"]["taught"]["value"]
    as_it_is = teaching.measure(ids, asked)
    assert measured > 0.3
    assert abs(as_it_is - measured) <= 1e-3 * measured
    change = torch.zeros(len(ids), teaching.model.config.hidden_size)
    assert teaching.measure(ids, asked, change) == pytest.approx(as_it_is, rel=1e-5)
    change[1:] = torch.randn(len(ids) - 1, change.shape[1], generator=torch.Generator().manual_seed(1)) * 3
    assert abs(teaching.measure(ids, asked, change) - as_it_is) > 0.02 * as_it_is
    assert teaching.measure(ids, asked) == pytest.approx(as_it_is, rel=1e-5)
