"""Loss masks as a trainer uses them: loaded with Hugging Face `datasets`, turned into labels by a collator."""

import json
import subprocess

import pytest
from datasets import Dataset, load_dataset
from transformers import PreTrainedTokenizerFast

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
    return PreTrainedTokenizerFast(tokenizer_file=str(PACK / "tokenizer.json"))


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
