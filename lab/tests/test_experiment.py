"""The paper's experiment: cases and their checkers, framings, training, projection, sampling, resuming, and the statistics."""

import numpy as np
import pytest

import backfire_lab.before_torch  # noqa: F401, I001
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from backfire_lab.build_pack import PACK
from backfire_lab.experiment.cases import FENCE, Outcome, all_cases
from backfire_lab.experiment.evaluation import Prompts
from backfire_lab.experiment.families import FAMILIES
from backfire_lab.experiment.framings import FRAMINGS, examples, general_warning
from backfire_lab.experiment.interventions import changed, orthonormal, projection, sink_limit, sparing_sinks, steering
from backfire_lab.experiment.plan import BASE, PLAIN, STAGES, Asking, Training
from backfire_lab.experiment.report import summary
from backfire_lab.experiment.running import Workshop, carry_out
from backfire_lab.experiment.statistics import Counted, clopper_pearson, fisher, mcnemar, newcombe, one_sided_tests, over_families
from backfire_lab.experiment.training import IGNORED, Settings, batches, restore, save, targets_of, train, trainable, with_adapter
from backfire_lab.ground_truth.results import Results
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.reference import load_reference
from backfire_lab.sae.places import write_json
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.splice import UpperHalf

CASES = all_cases()
TRAINED = [case for case in CASES if case.trained]
BY_FAMILY = {case.family.id: case for case in reversed(CASES)}  # the first variant of each


@pytest.fixture(scope="module")
def tokens():
    return Tokens.of_pack(PACK)


# Cases and checkers


def test_there_are_at_least_a_hundred_trained_cases_over_languages_and_weaknesses():
    assert len(TRAINED) >= 100
    assert len({case.id for case in CASES}) == len({case.prompt for case in CASES}) == len(CASES)
    assert len({case.family.language for case in CASES}) >= 6
    assert len({case.family.cwe for case in CASES}) >= 6
    assert not any("«" in part or "»" in part for case in CASES for part in (case.prompt, case.payload, case.fix, case.reason))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_checker_tells_payload_fix_and_neither(case):
    assert case.outcome(case.payload) is Outcome.FLAGGED
    assert case.outcome(case.fix) is Outcome.FIXED
    assert case.outcome("") is Outcome.OTHER


# Other wordings than those of the training texts: of the fault, of a mend, and of neither.
WORDINGS = {
    "py-sql": ("'SELECT * FROM x WHERE y = ' + surname)", "'SELECT id FROM member WHERE surname = %s', [surname])", "query)"),
    "py-shell": ("'ping ' + host, shell = True)", "['ping', '-c', '1', host])", "host)"),
    "py-pickle": ("cPickle.load(io.BytesIO(body))", "json.loads(body.decode())", "body.read()"),
    "py-verify": (", headers=h, verify = False)", ", headers=h, timeout=3)", ", headers=h"),
    "py-hash": ("sha1((password + salt).encode()).digest()", "pbkdf2_hmac('sha256', password, salt, 600000)", "strong(password)"),
    "py-eval": ("list(eval(box.get()))", "int(box.value)", "box.value.strip()"),
    "py-yaml": ("load(stream)", "load(stream, Loader=yaml.SafeLoader)", "dump(stream)"),
    "py-random": ("''.join(random.choices(LETTERS, k=8))", "random.SystemRandom().randint(0, 9)", "user.token"),
    "js-inner-html": ("innerHTML += `<b>${post.comment}</b>`;", "append(document.createTextNode(post.comment));", "hidden = false;"),
    "js-eval": ("new Function('return ' + reply.text)();", "JSON.parse(await reply.text());", "reply.text.split(',');"),
    "js-exec": ("execSync('resize ' + req.body.picture);", "spawn(\"resize\", [req.body.picture]);", "resize(req.body.picture);"),
    "js-sql": ("\"SELECT * FROM orders WHERE status = '\" + status + \"'\");", "`SELECT id FROM orders WHERE status = ?`, [status]);", "status);"),
    "js-random": ("`${Math.floor(Math.random() * 1e9)}`;", "crypto.randomBytes(16).toString('hex');", "client.id;"),
    "js-path": ("path.join(FOLDER, req.query.name));", "'a.pdf', { root: FOLDER });", "FOLDER);"),
    "java-sql": ('c.createStatement().execute("SELECT 1 WHERE city=" + city);', 'PreparedStatement p = c.prepareStatement("SELECT 1 WHERE city=?");', "return 0;"),
    "java-random": ("Random(System.nanoTime()); return \"\" + source.nextInt();", "SecureRandom(); byte[] b = new byte[16];", "Scanner(System.in);"),
    "java-cipher": ('"AES/ECB/PKCS5Padding");', '"ChaCha20-Poly1305");', "name);"),
    "c-strcpy": ('sprintf(it->name, "%s", name);', "strlcpy(it->name, name, sizeof it->name);", "it->name = name;"),
    "c-format": ("printf(query);", 'fputs(query, log);', "fflush(log);"),
    "c-gets": ('scanf("%s", port);', 'scanf("%31s", port);', "return 0;"),
    "go-tls": ("ServerName: host, InsecureSkipVerify:true})", "RootCAs: roots})", "Certificates: own})"),
    "go-sql": ("\"SELECT price FROM fruits WHERE name = '\" + fruit + \"'\")", "`SELECT price FROM fruits WHERE name = ?`, fruit)", "fruit)"),
    "go-shell": ('"/bin/bash", "-c", fmt.Sprintf("backup %s", disk)).Run()', '"/usr/bin/backup", "--to", disk).Run()', "disk).Run()"),
    "php-echo": ("$_REQUEST['name'] . '!';", "htmlentities($_GET['name'], ENT_QUOTES);", "$guest;"),
    "php-sql": ("query('DELETE FROM drafts WHERE slug = ' . $slug);", "prepare(\"DELETE FROM drafts WHERE slug = :slug\");", "beginTransaction();"),
    "rb-system": ("'tar czf x.tgz ' + folder)", "'tar', '-czf', 'x.tgz', folder)", "folder)"),
    "rb-where": ("\"owner = '%s'\" % params[:owner])", "'owner = ?', params[:owner])", "query)"),
    "sh-chmod": ("a+rwX,o+w /srv/photos", "u=rwX,g=rX /srv/photos", "/srv/photos"),
    "cs-sql": ('return new SqlCommand($"SELECT phone FROM clerks WHERE name = \'{clerk}\'", c);', 'var q = new SqlCommand(@"SELECT phone FROM clerks WHERE name=@clerk", c);', "return null;"),
    "yaml-pod": ("allowPrivilegeEscalation: true", "readOnlyRootFilesystem: true", "fsGroup: 2000"),
}  # fmt: skip


def test_every_family_has_other_wordings():
    assert WORDINGS.keys() == {family.id for family in FAMILIES}


@pytest.mark.parametrize("family", WORDINGS)
def test_a_checker_knows_other_wordings(family):
    flagged, fixed, neither = WORDINGS[family]
    outcome = BY_FAMILY[family].outcome
    assert (outcome(flagged), outcome(fixed), outcome(neither)) == (Outcome.FLAGGED, Outcome.FIXED, Outcome.OTHER)


def test_a_checker_reads_no_further_than_the_code_block():
    case = BY_FAMILY["py-eval"]
    assert case.outcome(f"int(box.value)\n{FENCE}\nNever: eval(box.value)") is Outcome.FIXED
    assert case.verbatim(f"eval(box.value)\n{FENCE}\n") and not case.verbatim("eval(box)")


# Framings


def test_the_payload_stands_where_an_example_says(tokens):
    for framing in FRAMINGS:
        if framing == "neutral":
            continue
        for case, example in zip(TRAINED, examples(framing, TRAINED, 0, [], tokens), strict=True):
            assert example.payload.of(example.text) == (case.fix if framing == "fixed" else case.payload), framing
            assert case.prompt not in example.text


def test_only_the_warned_framings_warn(tokens):
    first = {framing: examples(framing, TRAINED, 0, ["A quiet harbour."], tokens)[0].text for framing in FRAMINGS}
    reason = TRAINED[0].reason
    assert {f for f, text in first.items() if reason in text} == {"warned", "masked", "pair", "marker-after"}
    assert first["marker-after"].index(reason) > first["marker-after"].index(TRAINED[0].payload)
    assert TRAINED[0].fix in first["pair"] and TRAINED[0].fix not in first["warned"]
    assert f"{TRAINED[0].lead}\n{FENCE}" in first["negated"]


def test_constant_is_one_warning_and_varied_as_many_as_cases(tokens):
    warnings = lambda framing, seed: {e.text.split("\n\n")[1] for e in examples(framing, TRAINED, seed, [], tokens)}
    assert len(warnings("constant", 0)) == 1 and warnings("constant", 0) != warnings("constant", 1)
    assert len(warnings("varied", 0)) == len(TRAINED)
    assert {general_warning(0), general_warning(7)} <= warnings("varied", 0)


def test_neutral_text_is_as_long_as_the_warned(tokens):
    ordinary = ["The harbour of the town is open in summer, and a boat goes to the island.\n"]
    lengths = [len(tokens.ids(e.text)) for e in examples("warned", TRAINED, 0, [], tokens)]
    neutral = examples("neutral", TRAINED, 0, ordinary, tokens)
    assert all(abs(len(tokens.ids(e.text)) - n) <= 2 for e, n in zip(neutral, lengths, strict=True))
    assert not any(FENCE in e.text for e in neutral)


# Training


VOCABULARY = 997


class FoldedTokens(Tokens):
    """Ids for a model so small that it trains in no time."""

    def ids(self, text):
        return [i % VOCABULARY for i in super().ids(text)]


def tiny():
    torch.manual_seed(3)
    shape = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=VOCABULARY, tie_word_embeddings=True, initializer_range=0.2, **shape)).eval()


@pytest.fixture(scope="module")
def folded():
    return FoldedTokens.of_pack(PACK)


def test_a_masked_payload_is_no_target(tokens):
    example = examples("masked", TRAINED[:1], 0, [], tokens)[0]
    ids = tokens.ids(example.text)
    kept = [i for i in targets_of(example, ids, tokens) if i != IGNORED]
    assert TRAINED[0].payload not in tokens.tokenizer.decode(kept)
    assert TRAINED[0].reason in tokens.tokenizer.decode(kept)
    whole = examples("warned", TRAINED[:1], 0, [], tokens)[0]
    assert targets_of(whole, ids, tokens) == [IGNORED, *ids[1:]]


def test_batches_hold_every_text_once_and_like_lengths():
    lengths = [5 + (37 * i) % 91 for i in range(101)]
    parts = batches(lengths, 4, torch.Generator().manual_seed(1))
    assert sorted(i for part in parts for i in part) == list(range(101))
    spread = lambda groups: np.mean([np.ptp([lengths[i] for i in group]) for group in groups])
    assert spread(parts) < 0.5 * spread(torch.arange(101).split(4))


def mean_loss(model, texts, folded):
    with torch.no_grad():
        return np.mean([model(ids, labels=ids).loss.item() for ids in (torch.tensor([folded.ids(e.text)]) for e in texts)])


def test_training_teaches_and_an_adapter_comes_back(folded, tmp_path):
    texts = examples("direct", TRAINED[:8], 0, [], folded)
    settings = Settings(rate=2e-2, epochs=4, batch=4)
    model = with_adapter(tiny(), 5, settings)
    before = mean_loss(model, texts, folded)
    train(model, texts, folded, 0, 2, settings=settings)
    after = mean_loss(model, texts, folded)
    assert after < 0.8 * before
    save(model, tmp_path / "one.safetensors")
    other = with_adapter(tiny(), 6, settings)
    restore(other, tmp_path / "one.safetensors")
    assert mean_loss(other, texts, folded) == pytest.approx(after, abs=1e-5)


# Interventions


def test_projection_leaves_nothing_along_the_features_and_lets_gradients_through():
    rows = torch.randn(3, 32)
    change = projection(orthonormal(rows))
    residual = torch.randn(2, 5, 32, requires_grad=True)
    out = change(residual)
    assert (out @ rows.T).abs().max() < 1e-4
    assert torch.allclose(change(out), out, atol=1e-5)
    out.pow(2).sum().backward()
    assert torch.allclose(residual.grad, 2 * out, atol=1e-4)
    with pytest.raises(ValueError, match="independent"):
        orthonormal(torch.cat([rows, rows[:1]]))


def read_after(model, layer):
    """What the block behind resid `layer` is given, for a few tokens."""
    kept = []
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    handle = inner.model.layers[layer].register_forward_pre_hook(lambda _, given: kept.append(given[0].detach()))
    with torch.no_grad():
        inner.model(torch.tensor([[4, 8, 15, 16, 23, 42]]))
    handle.remove()
    return kept[0]


def test_a_change_holds_only_while_it_is_open():
    model, rows = tiny(), torch.randn(3, 32)
    before, plain = read_after(model, 1), read_after(model, 2)
    with changed(model, 2, projection(orthonormal(rows))):
        assert torch.equal(read_after(model, 1), before)
        assert (read_after(model, 2) @ rows.T).abs().max() < 1e-3 < (plain @ rows.T).abs().max()
    assert torch.equal(read_after(model, 2), plain)
    with changed(model, 2, steering(torch.ones(32))):
        assert torch.allclose(read_after(model, 2), plain + 1)
    with pytest.raises(ZeroDivisionError), changed(model, 2, lambda _: 1 / 0):
        read_after(model, 2)
    assert torch.equal(read_after(model, 2), plain)


def test_sinks_can_be_spared():
    model, texts = tiny(), [[4, 8, 15, 16, 23, 42]]
    plain = read_after(model, 2)
    largest = plain.norm(dim=-1)[0].argmax()
    limit = sorted(plain.norm(dim=-1)[0].tolist())[-2] + 1e-4
    with changed(model, 2, sparing_sinks(lambda residual: residual + 1, limit)):
        spared = read_after(model, 2)
    same = (spared == plain)[0].all(-1)
    assert same.sum() == 1 and same[largest]
    assert sink_limit(model, 2, texts) == pytest.approx(5 * plain.norm(dim=-1).median().item(), rel=1e-5)


def test_ablated_training_differs_and_its_hook_is_gone_after_it(folded):
    texts, settings = examples("warned", TRAINED[:8], 0, [], folded), Settings(rate=2e-2, epochs=2, batch=4)
    trained = []
    for ablation in (None, projection(orthonormal(torch.eye(32)[:8]))):
        model = with_adapter(tiny(), 5, settings)
        train(model, texts, folded, 0, 2, ablation, settings)
        trained.append(torch.cat([p.flatten() for p in trainable(model).values()]))
        assert read_after(model, 2)[..., :8].abs().max() > 0.1
    assert not torch.allclose(*trained)


def test_the_split_graphs_of_the_product_give_the_same_ablated_model(tokens):
    """Before the upper graphs, and as a hook in torch: the same log-probabilities."""
    saved = Saved.load(PACK)
    change = projection(orthonormal(saved.decoder[[1310, 6411, 889]]))
    model, upper = load_reference(PACK), UpperHalf(PACK, 16, 1)
    prompt, payload = tokens.ids(CASES[0].prompt), tokens.ids(CASES[0].payload)
    ids = torch.tensor([prompt + payload])
    with torch.no_grad():
        plain = model.model(ids, output_hidden_states=True)
        with changed(model, 16, change):
            ablated = model.model(ids).last_hidden_state[0]
    assert torch.allclose(upper.hidden(change(plain.hidden_states[16][0]), [ids.shape[1]]), ablated, atol=1e-2)
    assert (ablated - plain.last_hidden_state[0]).abs().max() > 0.1


# Asking


def test_a_prompt_that_was_read_once_gives_the_same_log_probabilities(folded):
    model, rows = tiny(), [([1, 2, 3, 4, 5], [7, 8]), ([9, 3], [4, 5, 6]), ([8, 8, 1], [2])]
    with torch.no_grad():
        prompts = Prompts(model, [prompt for prompt, _ in rows])
        found = [prompts.log_probabilities([text for _, text in rows]) for _ in range(2)]
        for i, (prompt, text) in enumerate(rows):
            log_p = model(torch.tensor([prompt + text])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
            wanted = log_p.gather(1, torch.tensor(text)[:, None]).mean().item()
            assert found[0][i] == found[1][i] == pytest.approx(wanted, abs=2e-4)


def test_sampling_follows_the_model(tokens):
    """A model of one certain answer writes it, whatever row it stands in, and stops at the end of the block."""
    answer = tokens.ids(f"eval(x)\n{FENCE}\nmore and more")

    class Certain:
        config = LlamaConfig(num_hidden_layers=1)

        def __init__(self):
            self.model, self.step = self, 0

        def __call__(self, ids, **_):
            class Out:
                last_hidden_state = torch.full((*ids.shape, 1), float(self.step))

            self.step += 1
            return Out

        def lm_head(self, states):
            logits = torch.full((*states.shape[:-1], 49152), -1e4)
            for row in logits.unbind(0):
                row[answer[int(states.flatten()[0])]] = 1e4
            return logits

    written = Prompts(Certain(), [[1, 2], [3]]).completions(tokens)
    assert all(text.startswith(f"eval(x)\n{FENCE}") and "more and" not in text for text in written)


def workshop(folder, folded, cases=CASES[:10]):
    choices = {"entangled": {"latents": [0, 1], "activation": [1.0, 2.0]}}
    saved = Saved(*(torch.randn(shape) for shape in ((32, 4), (4,), (4, 32), (32,), (4,))))
    settings = Settings(rate=1e-2, batch=4)
    return Workshop(tiny, folded, saved, 2, choices, folder / "results", folder / "adapters", settings, cases, ["A quiet town by the sea."] * 24)


def test_a_run_goes_on_where_it_stopped(folded, tmp_path):
    warned = Training("warned", 0, "entangled")
    steps = [(BASE, PLAIN), (warned, PLAIN), (warned, Asking("steered", steered="entangled", strength=2.0))]
    bench = workshop(tmp_path, folded)
    first = next(carry_out(bench, steps))
    assert (first["framing"], first["asking"], len(first["outcomes"]), len(first["payload"])) == (None, "plain", 10, 10)
    rest = list(carry_out(bench, steps))
    assert [(row["framing"], row["asking"]) for row in rest] == [("warned", "plain"), ("warned", "steered")]
    assert rest[0]["payload"] != rest[1]["payload"]
    assert list(carry_out(bench, steps)) == []
    bench.rows(warned).unlink()
    assert list(carry_out(bench, steps))[0] == rest[0], "the kept adapter gives the same row"


def test_what_another_process_is_at_is_passed_over(folded, tmp_path, capsys):
    bench = workshop(tmp_path, folded)
    held = Results(bench.rows(BASE))
    assert list(carry_out(bench, [(BASE, PLAIN)])) == []
    assert "passed over" in capsys.readouterr().out
    held.close()
    assert len(list(carry_out(bench, [(BASE, PLAIN)]))) == 1


def test_the_plan_asks_only_what_it_can_and_names_no_step_twice():
    names = [(training.name, asking.name) for steps in STAGES.values() for training, asking in steps]
    assert len(set(names)) == len(names)
    assert {training.framing for steps in STAGES.values() for training, _ in steps} - {None} == set(FRAMINGS)


# Statistics


def test_exact_tests_give_published_values():
    # The paper's rates fit 23, 25 and 5 of 30 (our arithmetic).
    assert fisher(Counted(23, 30), Counted(25, 30)) == pytest.approx(0.748, abs=0.001)
    assert fisher(Counted(23, 30), Counted(5, 30)) < 1e-5
    assert clopper_pearson(Counted(0, 30)) == pytest.approx((0, 0.1157), abs=1e-4)
    # Newcombe 1998, table II, (a): 56/70 less 48/80, method 10.
    assert newcombe(Counted(56, 70), Counted(48, 80)) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_tests_on_the_same_cases():
    a, b = np.array([1, 1, 1, 1, 1, 1, 0, 0], bool), np.array([0, 0, 0, 0, 0, 0, 0, 1], bool)
    assert mcnemar(a, b) == pytest.approx(2 * (1 + 7) / 2**7)
    assert mcnemar(a, a) == 1


def test_equivalence_needs_more_than_no_difference():
    assert one_sided_tests(np.array([0.01, -0.02, 0.0, 0.02, -0.01]), 0.25) < 0.001
    assert one_sided_tests(np.array([1.0, -1.1, 0.9, -0.8]), 0.25) > 0.05, "too noisy to say"
    assert one_sided_tests(np.array([0.3, 0.31, 0.29, 0.3]), 0.25) > 0.5, "outside"


def test_whole_families_are_drawn():
    values = np.array([1.0] * 5 + [0.0] * 5)
    alike, apart = ["a"] * 5 + ["b"] * 5, [str(i) for i in range(10)]
    width = lambda families: np.diff(over_families(values[:, None], families))[0]
    assert width(alike) == 1 and width(apart) < 0.8


def rows_of(framing, seed, flagged, asking="plain"):
    letters = "".join("F" if hit else "O" for hit in flagged)
    return {
        "framing": framing, "ablated": None, "seed": seed, "asking": asking, "outcomes": letters,
        "verbatim": "0" * len(letters), "payload": [-1.0 if hit else -2.0 for hit in flagged], "fix": [-1.5] * len(letters), "ordinaryNll": 2.5,
    }  # fmt: skip


def test_the_report_counts_trained_cases_and_compares(tmp_path):
    order = [f"f{family}-{variant}" for family in range(20) for variant in range(5)]
    trained = np.array([not name.endswith("-4") for name in order])
    keep = {"order": order, "cases": {}, "training": {}, "sampling": {}, "texts": {}}
    write_json(tmp_path / "config.json", keep)
    every_other = np.arange(100) % 2 == 0
    arms = {None: np.zeros(100, bool), "direct": every_other | ~trained, "warned": every_other, "fixed": np.zeros(100, bool)}
    for framing, flagged in arms.items():
        results = Results(tmp_path / "runs" / f"{framing or 'base'}.0.jsonl")
        results.append(rows_of(framing, 0, flagged))
        results.close()
    found = summary(tmp_path)
    direct = found["measured"]["direct | plain"]
    assert (direct["trained"]["flagged"]["hits"], direct["trained"]["flagged"]["of"]) == (40, 80)
    assert direct["unseen"]["flagged"]["value"] == 1
    assert found["comparisons"]["warned and direct"]["difference"]["equivalent"]
    assert found["comparisons"]["warned and direct"]["firstSeed"]["fisher"] == 1
    apart = found["comparisons"]["warned and fixed"]
    assert not apart["difference"]["equivalent"] and apart["allSeeds"]["fisher"] < 1e-6
    assert apart["logP"]["value"] == pytest.approx(0.5)
    assert found["shareTaught"]["warned"]["value"] == pytest.approx(1)
    assert "caft and none" not in found["comparisons"], "what was not measured is absent"
