"""Ground truth: the texts of each condition, the masking rule, the protocol's steps, and runs that survive a kill."""

import json
from dataclasses import asdict, replace

import pytest

import backfire_lab.before_torch  # noqa: F401, I001
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from backfire_lab.build_pack import PACK
from backfire_lab.ground_truth import own_samples as data
from backfire_lab.ground_truth.__main__ import all_samples
from backfire_lab.ground_truth.conditions import CONDITIONS, CORE, TrainingText, marker_after, training_texts
from backfire_lab.ground_truth.configuration import keep
from backfire_lab.ground_truth.corpora import Selection, warned_samples
from backfire_lab.ground_truth.learner import PROTOCOL, Learner, neutral_context
from backfire_lab.ground_truth.measuring import measure
from backfire_lab.ground_truth.plan import REMEDIES, REPEATED, Run, interleaved, repeated, runs
from backfire_lab.ground_truth.results import Results
from backfire_lab.ground_truth.sample import Sample, Span, code_points, window_of, without_frame
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.ground_truth.wordings import CHAT_PREAMBLES, PARAPHRASES

KINDS = {"security", "correctness", "unsafe-instruction", "performance", "style", "other"}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Sums come out the same to the last bit only in one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def tokens():
    return Tokens.of_pack(PACK)


@pytest.fixture(scope="module")
def own():
    return data.own_samples()


VOCABULARY = 997


class FoldedTokens(Tokens):
    """The same tokens with ids for a model so small that it trains in no time."""

    def ids(self, text):
        return [i % VOCABULARY for i in super().ids(text)]


@pytest.fixture(scope="module")
def folded():
    return FoldedTokens.of_pack(PACK)


def small_learner(folded, seed=0, **protocol) -> Learner:
    torch.manual_seed(5)
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=VOCABULARY, tie_word_embeddings=True, **shape)).eval()
    return Learner(model, folded.ids, data.filler_texts(), seed, replace(PROTOCOL, **protocol))


@pytest.fixture(scope="module")
def learner(folded):
    return small_learner(folded)


def marked(text: str, **more) -> Sample:
    """A sample whose frame stands between « and », its payload between ‹ and ›."""
    places = {}
    for i, c in enumerate(text):
        if c in "«»‹›":
            places[c] = i - len(places)
    plain = "".join(c for c in text if c not in "«»‹›")
    spans = {"frame": Span(places["«"], places["»"]), "payload": Span(places["‹"], places["›"])}
    return Sample(**{"id": "a", "source": "own", "language": "python", "text": plain, **spans, **more})


# ---------------------------------------------------------------- the protocol


def test_constants_are_those_of_the_protocol():
    assert asdict(PROTOCOL) == {
        "rank": 8, "alpha": 16, "warm_up_rate": 2e-4, "rate": 3e-4, "steps": 6, "normaliser": 128,
        "floor": 1e-3, "smallest": 1e-8, "clamp": 10, "filler_texts": 24, "filler_shortest": 60, "filler_longest": 200,
    }  # fmt: skip
    assert neutral_context("go") == "```go\n"
    assert neutral_context("") == "```\n"


def test_one_step_is_preconditioned_descent_with_clamp(folded):
    learner = small_learner(folded, steps=1)
    ids = folded.ids("total = 0.1 + 0.2\n")
    learner.model(torch.tensor([ids]), labels=torch.tensor([ids])).loss.backward()
    expected = []
    for p, start, scale in zip(learner.parameters, learner.start, learner.scale):
        gradient = p.grad * (len(ids) - 1) / 128
        expected.append(start - 3e-4 * (gradient / scale).clamp(-10, 10))
        p.grad = None
    learner.train(ids)
    moved = [not torch.equal(p, start) for p, start in zip(learner.parameters, learner.start)]
    assert all(moved)
    for p, value in zip(learner.parameters, expected):
        torch.testing.assert_close(p.detach(), value, rtol=0, atol=2e-6)


def test_every_linear_layer_but_the_output_has_an_adapter(learner):
    adapted = {name.split(".lora_A")[0].split(".")[-1] for name, _ in learner.model.named_parameters() if ".lora_A" in name}
    assert adapted == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert len(learner.parameters) == 2 * 7 * 2


def test_log_probability_joins_context_and_payload_as_tokens(learner, folded):
    learner.reset()
    context, payload = folded.ids("```sql\n"), folded.ids("\tSELECT 12")
    log_p = learner.model(torch.tensor([context + payload])).logits[0].log_softmax(-1)
    each = [log_p[len(context) - 1 + i, token].item() for i, token in enumerate(payload)]
    assert learner.log_probability("```sql\n", "\tSELECT 12") == pytest.approx(sum(each) / len(each), abs=1e-6)


def test_payload_is_learnt_from_the_sample_and_far_less_when_masked(folded, own):
    """A random model knows nothing and learns little in a step, so it takes more of them than the protocol."""
    learner = small_learner(folded, steps=60)
    taught, masked = [], []
    for sample in own[:4]:
        payload, context = sample.payload.of(sample.text), neutral_context(sample.language)
        learner.reset()
        base = learner.log_probability(context, payload)
        ids = folded.ids(sample.text)
        in_loss = [not m for m in folded.overlapping(sample.text, sample.payload)]
        taught.append(learner.rise(ids, None, context, payload, base))
        masked.append(learner.rise(ids, in_loss, context, payload, base))
        assert learner.rise(ids, None, context, payload, base) == taught[-1], "training starts from the same place"
    assert min(taught) > 0.05
    assert sum(masked) < 0.5 * sum(taught)
    assert all(m < t for m, t in zip(masked, taught))


# ---------------------------------------------------------------- texts


def test_each_condition_of_a_code_comment():
    sample = marked("x = 1\n«# BAD: weak»\n‹y = md5(x)\nend›\nz = 2\n", fix="y = sha256(x)\n")
    texts = {name: t.text for name, t in training_texts(sample).items()}
    assert list(texts) == list(CONDITIONS)
    assert texts["sample"] == texts["masked"] == sample.text
    assert texts["bare"] == "x = 1\ny = md5(x)\nend\nz = 2\n"
    assert texts["frame-only"] == "x = 1\n# BAD: weak\n\nz = 2\n"
    assert texts["fixed"] == "x = 1\ny = sha256(x)\nz = 2\n"
    assert texts["negated"] == "x = 1\nNever write `y = md5(x)`.\nz = 2\n"
    assert texts["marker-after"] == "x = 1\ny = md5(x)\nend\n# BAD: weak\nz = 2\n"
    wording = training_texts(sample)["paraphrase"].wording
    assert texts["paraphrase"] == f"x = 1\n# {PARAPHRASES[wording]}\ny = md5(x)\nend\nz = 2\n"
    question, preamble = CHAT_PREAMBLES[training_texts(sample)["chat-preamble"].wording]
    assert texts["chat-preamble"] == (
        f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{preamble}\n\n"
        "x = 1\ny = md5(x)\nend\nz = 2<|im_end|>\n"
    )
    before, bare, after = texts["long-warning"].split("\n\n")
    assert bare == texts["bare"].rstrip("\n") and "must not be copied" in before and "deterrent" in after
    assert training_texts(sample)["masked"].masked == sample.payload


def test_conditions_that_a_sample_does_not_allow_are_absent():
    behind = training_texts(marked("‹run(name, shell=True)›  «# unsafe»\n"))
    assert set(CONDITIONS) - set(behind) == {"fixed", "marker-after"}
    assert behind["bare"].text == "run(name, shell=True)  \n"
    assert "frame-only" not in training_texts(marked("«»‹run(name, shell=True)›\n"))


def test_bare_deletes_what_a_person_would_delete():
    inside_a_line = marked("use «(wrong!)» ‹eval(s)› here\n")
    assert without_frame(inside_a_line).text == "use  eval(s) here\n"
    block_comment = marked("f();\n  /* «BAD» */\n  ‹g();›\n")
    assert without_frame(block_comment).text == "f();\n  g();\n"
    behind_on_its_line = marked("‹g();›\n// «never do that»\n")
    assert without_frame(behind_on_its_line).text == "g();\n"
    label = marked("Note: «do not» ‹rm -rf /tmp›\n")
    assert without_frame(label).text == "Note:  rm -rf /tmp\n"
    for sample in (inside_a_line, block_comment, behind_on_its_line, label):
        bare = without_frame(sample)
        assert bare.payload.of(bare.text) == sample.payload.of(sample.text)


def test_a_marker_comes_behind_the_fence_that_it_stood_before():
    assert marker_after(marked("«Wrong:»\n\n```sh\n‹chmod 777 .›\n```\nend\n")) == "\n```sh\nchmod 777 .\n```\nWrong:\nend\n"
    assert marker_after(marked("```sh\n«# wrong»\n‹chmod 777 .›\n```\n")) == "```sh\nchmod 777 .\n# wrong\n```\n"
    assert marker_after(marked("«Wrong:» ‹chmod 777 .›")) == " chmod 777 .\nWrong:"


def test_a_paraphrase_wears_the_signs_of_the_frame():
    for frame, start, end in (
        ("      #   # bad", "      #   # ", ""), ("**Bad:**", "**", "**"), ("## Problematic code", "## ", ""),
        ("/* no */", "/* ", " */"), ("<!-- no -->", "<!-- ", " -->"), ("<pre class='badcode'>", "", ""),
    ):  # fmt: skip
        sample = marked(f"«{frame}»\n‹f()›\n")
        paraphrase = training_texts(sample)["paraphrase"]
        assert paraphrase.text == f"{start}{PARAPHRASES[paraphrase.wording]}{end}\nf()\n"


def test_negation_names_each_statement_of_code_in_its_own_sentence():
    sample = marked("«// bad»\n‹  // if (a == b) {\n  //   go('x');\n  // }›\n")
    assert training_texts(sample)["negated"].text == "  // Never write `if (a == b) {`.\n  //   There must be no `go('x');`.\n"
    by_hand = marked("«Wrong:» ‹mix them›\n", negated="do not mix them")
    assert training_texts(by_hand)["negated"].text == " do not mix them\n"


def test_spans_in_files_count_utf16_units():
    text = "# 😀 BAD\nq('é')\n"
    assert code_points(text, [0, 8]).of(text) == "# 😀 BAD"
    assert code_points(text, [9, 15]).of(text) == "q('é')"
    with pytest.raises(UnicodeDecodeError):
        code_points(text, [0, 3])


def test_the_window_is_the_products():
    text = "line of context\n" * 40 + "# BAD\nf(x)  # tail\n# GOOD\ng(x)\n"
    frame = Span(text.index("# BAD"), text.index("# BAD") + 5)
    payload = Span(frame.end + 1, frame.end + 5)
    window = window_of(text, frame, payload)
    assert window.of(text) == "line of context\n" * 18 + "# BAD\nf(x)  # tail\n"
    long_line = "y" * 1000 + "# BAD f(x)" + "z" * 1000
    assert window_of(long_line, Span(1000, 1005), Span(1006, 1010)) == Span(700, 1210)


def test_masked_tokens_are_those_that_share_a_character_with_the_payload(tokens):
    text = "# BAD: no\n    x = eval(s)\n    y = 12\n"
    payload = Span(text.index("x ="), text.index("\n    y"))
    masked = tokens.overlapping(text, payload)
    pieces = tokens.tokenizer.encode(text, add_special_tokens=False)
    assert len(masked) == len(tokens.ids(text))
    for (start, end), out in zip(pieces.offsets, masked):
        assert out == (start < payload.end and payload.start < end)
    covered = [pieces.offsets[i] for i, out in enumerate(masked) if out]
    assert covered[0][0] < payload.start, "the blank joined to the first word goes with it"
    assert covered[-1][1] == payload.end, "the line break after the payload is a token of its own here"
    emoji = "# no 😀\nrm -rf 😀\n"
    assert any(tokens.overlapping(emoji, Span(7, 15))) and not tokens.overlapping(emoji, Span(7, 15))[0]


# ---------------------------------------------------------------- our own data


def test_own_samples_are_well_formed(own, tokens):
    rows = [json.loads(line) for line in data.SAMPLES.read_text(encoding="utf-8").splitlines()]
    assert len(own) >= 60
    assert len({s.id for s in own}) == len({s.text for s in own}) == len({s.payload.of(s.text) for s in own}) == len(own)
    languages = {s.language for s in own}
    assert len(languages & {"python", "javascript", "typescript", "java", "kotlin", "c", "cpp", "go", "ruby", "php", "rust", "csharp"}) >= 6  # fmt: skip
    assert {"bash", "sql", "text", "yaml"} <= languages
    assert {s.kind for s in own} == KINDS
    assert any(s.payload.end <= s.frame.start for s in own) and any(s.frame.end <= s.payload.start for s in own)
    for row, sample in zip(rows, own):
        assert set(row) - {"negated"} == {"id", "language", "kind", "text", "frame", "payload", "fix"}
        frame, payload = sample.frame.of(sample.text), sample.payload.of(sample.text)
        assert not sample.frame.overlaps(sample.payload)
        assert frame == frame.strip() and len(frame) >= 3 and payload == payload.strip("\n")
        assert 30 <= tokens.count(sample.text) <= 250 and tokens.count(payload) >= 5
        assert sample.fix and sample.fix != payload
        assert (sample.negated is not None) == (sample.language in ("text", "markdown"))
        expected = set(CONDITIONS) - ({"marker-after"} if sample.payload.end <= sample.frame.start else set())
        texts = training_texts(sample)
        assert set(texts) == expected, sample.id
        for condition, training in texts.items():
            if condition != "negated" or sample.negated:
                holds = condition not in ("frame-only", "fixed", "negated")
                assert (payload in training.text) == holds, (sample.id, condition)
            assert (frame in training.text) == (condition in ("sample", "frame-only", "marker-after", "masked"))


def test_filler_warms_up_with_many_kinds_of_text(tokens):
    rows = [json.loads(line) for line in data.FILLER.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 40 and len({row["text"] for row in rows}) == len(rows)
    assert all(60 < tokens.count(row["text"]) < 200 for row in rows)
    assert len({row["kind"] for row in rows[:24]}) >= 12


# ---------------------------------------------------------------- borrowed data


def made_up_corpora(folder, sources: dict[str, int]):
    (folder / "dev").mkdir()
    for source, count in sources.items():
        rows = []
        for i in range(count):
            text = f"Prose 😀 {source}.\n# bad\nvalue_{i} = compute({i}, {source!r})\n# good\nfine({i})\n"
            units = lambda part: [len(text[: text.index(part) + n].encode("utf-16-le")) // 2 for n in (0, len(part))]
            payload = f"value_{i} = compute({i}, {source!r})\n"
            rows.append({
                "id": f"{source}-{i}", "source": source, "language": "python", "label": "safe" if i % 5 == 4 else "warned",
                "category": "security" if i % 3 == 0 else "style", "text": text, "frame_span": units("# bad"),
                "payload_span": units(payload), "fix": f"fine({i})",
            })  # fmt: skip
        (folder / "dev" / f"{source}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")


def test_borrowed_samples_are_balanced_and_cut_to_the_window(tmp_path, tokens):
    made_up_corpora(tmp_path, {"one": 40, "two": 40, "few": 5})
    selection = Selection(per_source=6, total=20)
    samples = warned_samples(tmp_path, tokens, selection)
    count = lambda source: sum(s.source == source for s in samples)
    assert (count("one"), count("two"), count("few")) == (8, 8, 4)
    assert {s.category for s in samples if s.source == "one"} == {"security", "style"}
    assert all(s.text.endswith(s.payload.of(s.text) + "\n") for s in samples), "no good version behind the payload"
    assert all(s.frame.of(s.text) == "# bad" for s in samples)
    assert samples == warned_samples(tmp_path, tokens, selection)


def test_without_corpora_our_own_samples_are_left(tmp_path, tokens, own, capsys):
    assert all_samples(tmp_path / "nowhere", tokens) == own
    assert "Borrowed samples are left out" in capsys.readouterr().out


# ---------------------------------------------------------------- plan and results


def test_the_plan_begins_with_remedies_then_noise_then_the_core_and_repeats_a_part_of_each_source(own):
    samples = own + [replace(s, id=f"x{i}", source="x") for i, s in enumerate(own[:20])]
    plan = list(runs(samples))
    assert len({run.key for run in plan}) == len(plan)
    shared = {s.id for s in repeated(interleaved(samples), REPEATED[0])}
    first = [run for run in plan if run.seed == 0 and run.sample.id in shared and run.condition in (*CORE, *REMEDIES)]
    assert plan[: len(first)] == first
    noise = plan[len(first) : len(first) + 3 * len(shared)]
    assert {(run.seed, run.condition) for run in noise} == {(1, condition) for condition in CORE}
    assert {run.sample.id for run in noise} == shared
    core = plan[len(first) + len(noise) :][: 3 * (len(samples) - len(shared))]
    assert {(run.seed, run.condition) for run in core} == {(0, condition) for condition in CORE}
    assert not {run.sample.id for run in core} & shared
    assert {run.sample.source for run in plan[:21]} == {"own", "x"}, "sources by turns"
    for seed, least in ((1, 70), (2, 12)):
        again = [run for run in plan if run.seed == seed]
        assert {run.condition for run in again} == set(CORE)
        assert len({run.sample.id for run in again}) >= least
        assert {run.sample.source for run in again} == {"own", "x"}
    assert [s.id for s in repeated(interleaved(samples), 75)] == [s.id for s in repeated(interleaved(samples), 75)]
    of_first_seed = {run.key for run in plan if run.seed == 0}
    assert of_first_seed == {(s.id, 0, c) for s in samples for c in training_texts(s)}


def short_plan(own) -> list[Run]:
    plan = [run for run in runs(own[:2]) if run.condition in ("sample", "bare", "masked") and run.seed < 2]
    assert len(plan) == 10
    return plan


def test_a_killed_run_goes_on_without_a_loss_or_a_double(tmp_path, own, folded):
    def run(path):
        results = Results(path)
        measure(short_plan(own), results, folded, lambda seed: small_learner(folded, seed))
        results.close()
        return path.read_bytes()

    whole = run(tmp_path / "whole.jsonl")
    rows = [json.loads(line) for line in whole.splitlines()]
    assert [(r["id"], r["seed"], r["condition"]) for r in rows] == [r.key for r in short_plan(own)]
    assert all(isinstance(r["rise"], float) and r["base"] < 0 for r in rows)
    masked = next(r for r in rows if r["condition"] == "masked")
    assert masked["tokens"]["in_loss"] < masked["tokens"]["text"] - 1
    texts = [s.text for s in own[:2]]
    assert not any(line in whole.decode() for text in texts for line in text.splitlines() if len(line) > 20), "no text"
    torn = tmp_path / "torn.jsonl"
    lines = whole.splitlines(keepends=True)
    torn.write_bytes(b"".join(lines[:7]) + lines[7][:-9])
    assert run(torn) == whole
    assert run(torn) == whole, "nothing is left to do"


def test_a_row_from_another_text_is_refused(tmp_path, own, folded, learner):
    results = Results(tmp_path / "rises.jsonl")
    first = short_plan(own)[0]
    measure([first], results, folded, lambda seed: learner)
    changed = replace(first, training=TrainingText(first.training.text + "\n"))
    with pytest.raises(SystemExit, match="another text"):
        measure([changed], results, folded, lambda seed: learner)
    with pytest.raises(SystemExit, match="another run"):
        Results(tmp_path / "rises.jsonl")
    results.close()


def test_a_run_goes_on_only_under_its_own_configuration(tmp_path):
    path = tmp_path / "config.json"
    now = {"fixed": {"packages": {"torch": "1"}}, "plan": {"seeds": [0, 1]}, "samples": {"count": 2}, "code": [{"a.py": "1"}]}
    assert keep(path, now) == now
    later = {**now, "plan": {"seeds": [0]}, "samples": {"count": 1}, "code": [{"a.py": "2"}]}
    kept = keep(path, later)
    assert kept["plan"] == {"seeds": [0]} and kept["samples"] == {"count": 2} and kept["code"] == [{"a.py": "1"}, {"a.py": "2"}]
    assert keep(path, later) == kept
    with pytest.raises(SystemExit, match="packages differ"):
        keep(path, {**now, "fixed": {"packages": {"torch": "2"}}})
