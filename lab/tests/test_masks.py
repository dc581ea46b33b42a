"""Loss masks as a trainer uses them: loaded with Hugging Face `datasets`, turned into labels by a collator."""

import json
import subprocess

import pytest
import torch
from datasets import Dataset, load_dataset
from transformers import DataCollatorForSeq2Seq, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from backfire_lab.build_pack import PACK, ROOT

IGNORED = -100
RECORDS = ROOT / "examples" / "records.jsonl"
CHATS = ROOT / "examples" / "chat.jsonl"


def backfire(*options):
    subprocess.run(["node", ROOT / "scripts" / "backfire.mjs", *options], cwd=ROOT, check=True, timeout=1800)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Report, masks, and a masked and a filtered copy of each of two files of the examples."""
    folder = tmp_path_factory.mktemp("masks")
    report = folder / "report.jsonl"
    backfire("scan", RECORDS, CHATS, "--format", "jsonl", "--output", report, "--quiet")
    backfire("report", report, "--format", "masks", "--output", folder / "masks.jsonl")
    for path in (RECORDS, CHATS):
        for mode in ("mask", "drop"):
            output = folder / f"{mode}-{path.name}"
            backfire("mask", path, "--findings", report, "--mode", mode, "--output", output)
    return folder


@pytest.fixture(scope="module")
def tokenizer():
    return PreTrainedTokenizerFast.from_pretrained(str(PACK))


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def labels_of(text, spans, tokenizer):
    """What a collator with offsets does: a token that overlaps a span teaches nothing."""
    encoded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    masked = [any(start < stop and end > begin for begin, stop in spans) for start, end in encoded["offset_mapping"]]
    return encoded["input_ids"], [IGNORED if each else token for token, each in zip(encoded["input_ids"], masked)]


def strings_of(record, at=""):
    """Every string of a record by the name that masks give it, such as messages.1.content."""
    if isinstance(record, str):
        yield at, record
    elif isinstance(record, list):
        for index, each in enumerate(record):
            yield from strings_of(each, f"{at}.{index}")
    elif isinstance(record, dict):
        for key, each in record.items():
            yield from strings_of(each, f"{at}.{key}" if at else key)


def payloads_of(folder, path):
    found = [each for each in lines(folder / "report.jsonl") if each["type"] == "finding"]
    return [each for each in found if each["source"]["path"] == str(path)]


def test_token_spans_are_those_of_the_trainers_tokenizer(folder, tokenizer):
    """Masking by the token spans and by the character spans gives the same labels, and the payload exactly."""
    originals = {str(path): lines(path) for path in (RECORDS, CHATS)}
    masks = lines(folder / "masks.jsonl")
    assert masks
    checked = 0
    for mask in masks:
        strings = dict(strings_of(originals[mask["path"]][mask["record"] - 1]))
        text = strings[mask["field"]]
        spans = [span["codePoints"] for span in mask["spans"]]
        ids, labels = labels_of(text, spans, tokenizer)
        assert len(ids) == mask["length"]["tokens"]
        by_tokens = {token for span in mask["spans"] for token in range(*span["tokens"])}
        assert {index for index, label in enumerate(labels) if label == IGNORED} == by_tokens
        # What carries -100 is the payload: nothing of it is left to learn, and around it at most part of a token.
        for span in mask["spans"]:
            first, last = span["tokens"]
            payload = text[slice(*span["codePoints"])]
            assert payload in tokenizer.decode(ids[first:last])
            assert payload not in tokenizer.decode(ids[first + 1 : last])
            assert payload not in tokenizer.decode(ids[first : last - 1])
        checked += 1
    assert checked > 0


@pytest.mark.parametrize("path", [RECORDS, CHATS], ids=lambda path: path.name)
def test_masked_copy_loads_and_masks_each_payload(folder, tokenizer, tmp_path, path):
    """Every row is there in order, and the labels leave out the payloads of the report and nothing else."""
    rows = load_dataset("json", data_files=str(folder / f"mask-{path.name}"), split="train", cache_dir=tmp_path)
    originals = lines(path)
    assert [row["id"] for row in rows] == [record["id"] for record in originals]
    findings = payloads_of(folder, path)
    assert findings
    for number, (row, record) in enumerate(zip(rows, originals), start=1):
        payloads = [each["text"]["payload"] for each in findings if each["source"].get("record") == number]
        strings = dict(strings_of(record))
        masked = [strings[span["field"]][span["start"] : span["end"]] for span in row["loss_mask_spans"]]
        assert sorted(masked) == sorted(payloads)
        for name, text in strings.items():
            spans = [(each["start"], each["end"]) for each in row["loss_mask_spans"] if each["field"] == name]
            ids, labels = labels_of(text, spans, tokenizer)
            kept = [token for token, label in zip(ids, labels) if label != IGNORED]
            assert (kept == ids) == (not spans)
            for begin, stop in spans:
                assert text[begin:stop] not in tokenizer.decode(kept)


@pytest.mark.parametrize("path", [RECORDS, CHATS], ids=lambda path: path.name)
def test_filtered_copy_holds_no_payload(folder, path):
    """Its rows are the rows without a finding, unchanged."""
    masked = {each["source"]["record"] for each in payloads_of(folder, path)}
    expected = [record for number, record in enumerate(lines(path), start=1) if number not in masked]
    assert lines(folder / f"drop-{path.name}") == expected


@pytest.mark.parametrize("mode", ["mask", "drop"])
def test_copy_of_parquet_loads_with_the_same_rows_as_that_of_jsonl(folder, tmp_path, mode):
    """Written by `datasets`, copied by Backfire, loaded again: features and values are those of the file."""
    path = tmp_path / "chat.parquet"
    original = Dataset.from_list(lines(CHATS))
    original.to_parquet(path)
    backfire("scan", path, "--format", "jsonl", "--output", tmp_path / "report.jsonl", "--quiet")
    copy = tmp_path / f"{mode}.parquet"
    backfire("mask", path, "--findings", tmp_path / "report.jsonl", "--mode", mode, "--output", copy)
    rows = load_dataset("parquet", data_files=str(copy), split="train", cache_dir=str(tmp_path / "cache"))
    expected = lines(folder / f"{mode}-{CHATS.name}")
    assert len(rows) == len(expected) > 0
    for row, record in zip(rows, expected):
        assert {name: row[name] for name in record} == record
    assert {name: rows.features[name] for name in original.features} == original.features


def training_text(row, tokenizer):
    """What a trainer makes of a row, and where in it each of its strings begins, by the name that masks give it."""
    if row.get("messages"):
        text = tokenizer.apply_chat_template(row["messages"], tokenize=False)
        strings = [(f"messages.{index}.content", each["content"]) for index, each in enumerate(row["messages"])]
    else:
        names = ("text", "prompt", "instruction", "completion", "output")
        strings = [(name, row[name]) for name in names if row.get(name)]
        text = "\n".join(each for _, each in strings)
    begins, at = {}, 0
    for name, each in strings:
        begins[name] = text.index(each, at)
        at = begins[name] + len(each)
    return text, begins


@pytest.fixture(scope="module", params=[RECORDS, CHATS], ids=lambda path: path.name)
def masked_set(request, folder, tokenizer, tmp_path_factory):
    """The masked copy as a tokenised dataset with labels, and for each row the tokens that must teach nothing."""
    path = request.param
    rows = load_dataset(
        "json",
        data_files=str(folder / f"mask-{path.name}"),
        split="train",
        cache_dir=str(tmp_path_factory.mktemp("cache")),
    )

    def tokenised(row):
        text, begins = training_text(row, tokenizer)
        spans = [(begins[s["field"]] + s["start"], begins[s["field"]] + s["end"]) for s in row["loss_mask_spans"]]
        ids, labels = labels_of(text, spans, tokenizer)
        return {"input_ids": ids, "labels": labels, "attention_mask": [1] * len(ids)}

    # Not from the masks, but from the text that the report quotes.
    expected = []
    for number, row in enumerate(rows, start=1):
        text, _ = training_text(row, tokenizer)
        offsets = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)["offset_mapping"]
        silent = set()
        for finding in payloads_of(folder, path):
            if finding["source"]["record"] != number:
                continue
            payload = finding["text"]["payload"]
            assert text.count(payload) == 1
            start, stop = text.index(payload), text.index(payload) + len(payload)
            silent |= {index for index, (begin, end) in enumerate(offsets) if begin < stop and end > start}
        expected.append(silent)
    assert any(expected) and not all(expected)
    return rows.map(tokenised, remove_columns=rows.column_names), expected


def silent_tokens(batch):
    """The positions of each row of a batch that are ignored, padding left out."""
    ignored = (batch["labels"] == IGNORED) & (batch["attention_mask"] == 1)
    return [set(row.nonzero().flatten().tolist()) for row in ignored]


@pytest.mark.parametrize("collator", ["trl", "transformers"])
def test_collators_ignore_the_payload_and_nothing_else(masked_set, tokenizer, collator):
    """Of batches with padding: what carries -100 is the payload, every other token is its own label."""
    dataset, expected = masked_set
    collate = {
        "trl": DataCollatorForLanguageModeling(pad_token_id=tokenizer.pad_token_id),
        "transformers": DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED),
    }[collator]
    batch = collate(list(dataset))
    assert len({len(row["input_ids"]) for row in dataset}) > 1
    assert silent_tokens(batch) == expected
    kept = batch["labels"] != IGNORED
    assert torch.equal(batch["labels"][kept], batch["input_ids"][kept])


def test_sft_trainer_learns_nothing_from_the_payload(masked_set, tokenizer, tmp_path):
    """TRL's trainer takes the dataset as it is: its batches, and a loss that is the mean over all tokens but the payload's."""
    dataset, expected = masked_set
    torch.manual_seed(1)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape))
    options = {"output_dir": str(tmp_path), "report_to": [], "use_cpu": True, "max_length": None, "bf16": False}
    trainer = SFTTrainer(
        model,
        SFTConfig(per_device_eval_batch_size=len(dataset), **options),
        train_dataset=dataset,
        eval_dataset=dataset,
        processing_class=tokenizer,
    )
    [batch] = trainer.get_eval_dataloader()
    assert silent_tokens(batch) == expected
    losses = []
    with torch.no_grad():
        for row, silent in zip(dataset, expected):
            ids = torch.tensor([row["input_ids"]])
            logits = model(ids).logits[0, :-1]
            taught = [at for at in range(1, ids.shape[1]) if at not in silent]
            loss = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
            losses.extend(loss[[at - 1 for at in taught]].tolist())
        ours = sum(losses) / len(losses)
        assert trainer.compute_loss(model, batch).item() == pytest.approx(ours, rel=1e-4)
