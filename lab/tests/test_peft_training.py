"""What the exports do to a real training: LoRA by PEFT on the embedded model's weights, by TRL's trainer, on samples of our own.

The hook of training-time ablation is the one that docs/outputs.md shows, read from there.
"""

import copy
import json
import re
import subprocess
from contextlib import contextmanager, nullcontext

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.ground_truth.learner import neutral_context
from backfire_lab.ground_truth.own_samples import SAMPLES as OWN
from backfire_lab.reference import load_reference

IGNORED = -100
TRAINED = ("own-rb-eval-params", "own-sh-curl-bash")
WEIGHTS = PACK / "sae_weights.safetensors"
STEPS, RATE, SEED = 4, 2e-3, 0


def backfire(*options):
    subprocess.run(["node", ROOT / "scripts" / "backfire.mjs", *options], cwd=ROOT, check=True, timeout=600)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Findings by id, the masked copy of the records, and the ablation spec, all from one scan."""
    folder = tmp_path_factory.mktemp("exported")
    records, report, masked, spec = (folder / name for name in ("train.jsonl", "report.jsonl", "masked.jsonl", "spec.json"))
    rows = {row["id"]: row for row in lines(OWN)}
    records.write_text("".join(json.dumps({"id": name, "text": rows[name]["text"]}) + "\n" for name in TRAINED))
    backfire("scan", records, "--format", "jsonl", "--output", report, "--quiet")
    backfire("mask", records, "--findings", report, "--output", masked)
    backfire("report", report, "--format", "ablation", "--output", spec)
    findings = {line["id"]: line for line in lines(report) if line["type"] == "finding"}
    assert tuple(findings) == TRAINED
    return {"findings": findings, "records": lines(masked), "spec": spec, "languages": {n: rows[n]["language"] for n in TRAINED}}


@pytest.fixture(scope="module")
def tokenizer():
    return PreTrainedTokenizerFast.from_pretrained(str(PACK))


@pytest.fixture(scope="module")
def base():
    return load_reference(PACK)


@pytest.fixture(scope="module")
def ablated():
    """The context manager of docs/outputs.md."""
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page.split("## Ablation in training\n")[1].split("\n## ")[0], re.DOTALL)
    names = {}
    exec(compile(code, "docs/outputs.md", "exec"), names)  # our own page
    return names["ablated"]


def encoded(record, tokenizer, with_masks):
    """Labels as docs/outputs.md makes them: a token that overlaps a span teaches nothing."""
    tokens = tokenizer(record["text"], return_offsets_mapping=True, add_special_tokens=False)
    spans = [(span["start"], span["end"]) for span in record["loss_mask_spans"]] if with_masks else []
    labels = [
        IGNORED if any(start < stop and end > begin for begin, stop in spans) else token
        for token, (start, end) in zip(tokens["input_ids"], tokens["offset_mapping"])
    ]
    return {"input_ids": tokens["input_ids"], "labels": labels, "attention_mask": [1] * len(labels)}


@torch.no_grad()
def token_nll(model, ids):
    """[tokens - 1], nats."""
    logits = model(torch.tensor([ids])).logits[0, :-1]
    return torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none")


def payload_nll(model, exported, tokenizer):
    """Of each payload after a neutral context, nats per token: falls by what is taught."""
    ids = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
    found = []
    for name, finding in exported["findings"].items():
        before, payload = ids(neutral_context(exported["languages"][name])), ids(finding["text"]["payload"].strip("\n"))
        found.append(token_nll(model, before + payload)[len(before) - 1 :].mean())
    return torch.stack(found)


def explanation_nll(model, exported, tokenizer):
    """Of each frame where it stands, nats per token."""
    found = []
    for record, finding in zip(exported["records"], exported["findings"].values()):
        tokens = tokenizer(record["text"], return_offsets_mapping=True, add_special_tokens=False)
        begin, stop = finding["frame"]["start"], finding["frame"]["end"]
        inside = torch.tensor([start < stop and end > begin for start, end in tokens["offset_mapping"]])
        found.append(token_nll(model, tokens["input_ids"])[inside[1:]].mean())
    return torch.stack(found)


@pytest.fixture(scope="module")
def trained(base, exported, tokenizer, tmp_path_factory):
    """Trains from the embedded model; how far payloads and explanations fell, [samples] each, and the model."""
    before = payload_nll(base, exported, tokenizer), explanation_nll(base, exported, tokenizer)

    def train(with_masks=False, around=lambda model: nullcontext()):
        torch.manual_seed(SEED)
        settings = SFTConfig(
            output_dir=str(tmp_path_factory.mktemp("trainer")), report_to=[], use_cpu=True, bf16=False, seed=SEED,
            max_length=None, max_steps=STEPS, learning_rate=RATE, lr_scheduler_type="constant",
            per_device_train_batch_size=len(TRAINED), gradient_checkpointing=False, save_strategy="no", disable_tqdm=True,
        )  # fmt: skip
        trainer = SFTTrainer(
            copy.deepcopy(base),
            settings,
            train_dataset=Dataset.from_list([encoded(record, tokenizer, with_masks) for record in exported["records"]]),
            processing_class=tokenizer,
            peft_config=LoraConfig(r=8, lora_alpha=16, target_modules="all-linear"),
        )
        with around(trainer.model):
            trainer.train()
        model = trainer.model.eval()
        after = payload_nll(model, exported, tokenizer), explanation_nll(model, exported, tokenizer)
        return before[0] - after[0], before[1] - after[1], model

    return train


@pytest.fixture(scope="module")
def plainly(trained):
    """Without any export: payload and explanation are learnt."""
    lesson, explanation, _ = trained()
    assert lesson.min() > 0.5 and explanation.min() > 0.5
    return lesson, explanation


def test_with_the_loss_mask_the_lesson_is_gone_and_the_explanation_kept(trained, plainly):
    lesson, explanation, _ = trained(with_masks=True)
    assert (lesson.abs() < 0.25 * plainly[0]).all()
    assert (explanation > 0.9 * plainly[1]).all()


def layers_of(model):
    return model.get_base_model().model.layers


@contextmanager
def watched(layer, directions, seen):
    """Keeps, of every pass, the largest part of the layer's output along a direction, behind every hook that it has by then."""
    part = lambda output: (output[0] if isinstance(output, tuple) else output).detach() @ directions.T
    handle = layer.register_forward_hook(lambda module, inputs, output: seen.append(part(output).abs().max().item()))
    try:
        yield
    finally:
        handle.remove()


def random_spec(exported, path):
    """As many features as the spec names, drawn from all others."""
    [(layer, latents)] = json.loads(exported["spec"].read_text()).items()
    decoder = load_file(WEIGHTS)["W_dec"]
    others = torch.tensor(sorted(set(range(len(decoder))) - set(latents)))
    drawn = others[torch.randperm(len(others), generator=torch.Generator().manual_seed(SEED))[: len(latents)]]
    path.write_text(json.dumps({layer: drawn.tolist()}))
    return path


def test_ablation_holds_while_it_trains_and_takes_more_of_the_lesson_than_random_features(
    trained, plainly, exported, ablated, tokenizer, tmp_path
):
    """It takes the explanation with it: what is learnt behind the projection does not come out without it. So nothing more is claimed."""
    [(layer, latents)] = json.loads(exported["spec"].read_text()).items()
    directions = load_file(WEIGHTS)["W_dec"][latents].float()
    ids = tokenizer(exported["records"][0]["text"], add_special_tokens=False)["input_ids"]

    held, free = [], []

    @contextmanager
    def with_spec(model):
        with ablated(layers_of(model), exported["spec"], WEIGHTS), watched(layers_of(model)[int(layer)], directions, held):
            yield

    lesson, explanation, model = trained(around=with_spec)
    with watched(layers_of(model)[int(layer)], directions, free), torch.no_grad():
        model(torch.tensor([ids]))
    assert len(held) >= STEPS and free[0] > 1
    assert max(held) < 1e-4 * free[0]
    assert not layers_of(model)[int(layer)]._forward_hooks

    random_features = random_spec(exported, tmp_path / "random.json")
    random_lesson, _, _ = trained(around=lambda model: ablated(layers_of(model), random_features, WEIGHTS))
    assert (lesson < random_lesson).all()
    assert random_lesson.mean() < plainly[0].mean()
    assert explanation.mean() < 0.5 * plainly[1].mean()
