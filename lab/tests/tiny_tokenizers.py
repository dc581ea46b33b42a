"""Tokenizers in the forms of Llama 3, Qwen and Gemma, trained on the project's own texts."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from backfire_lab.build_pack import ROOT
from backfire_lab.golden_tokens import well_formed
from backfire_lab.models.tokenizer_files import SPLITS

MERGED = 500
TEXTS = [well_formed(json.loads(line)["text"]) for line in (ROOT / "test" / "golden" / "texts.jsonl").read_text().splitlines()]


def save(kind: str, folder: Path) -> int:
    """Writes the two files; returns the size of the vocabulary."""
    tokenizer = {"llama3": llama3, "qwen": qwen, "gemma": gemma}[kind]()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"add_bos_token": kind == "gemma", "tokenizer_class": "PreTrainedTokenizerFast"}))
    return tokenizer.get_vocab_size()


def trained(tokenizer: Tokenizer, alphabet: list[str]) -> Tokenizer:
    trainer = trainers.BpeTrainer(vocab_size=MERGED + len(alphabet), initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def byte_level(digits: str, ignore_merges: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    pattern = next(split for split in SPLITS if rf"\p{{N}}{digits}|" in split)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return trained(tokenizer, pre_tokenizers.ByteLevel.alphabet())


def llama3() -> Tokenizer:
    tokenizer = byte_level("{1,3}", ignore_merges=True)
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in ("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>")])
    begin = "<|begin_of_text|>"
    template = processors.TemplateProcessing(single=f"{begin} $A", pair=f"{begin} $A {begin} $B", special_tokens=[(begin, tokenizer.token_to_id(begin))])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    return tokenizer


def qwen() -> Tokenizer:
    tokenizer = byte_level("", ignore_merges=False)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")])
    return tokenizer


def gemma() -> Tokenizer:
    draft = Tokenizer(models.BPE())
    draft.normalizer = normalizers.Replace(" ", "▁")
    learnt = json.loads(trained(draft, list("▁abcdefghijklmnopqrstuvwxyzäé好\n")).to_str())["model"]
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    # Characters that were learnt go but for some, so that there are such as have no token.
    dropped = {token for token in learnt["vocab"] if any(character in "ü好один☃" or ord(character) > 0xFFFF for character in token)}
    tokens = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *(t for t in learnt["vocab"] if t not in dropped)]
    merges = [tuple(pair) for pair in learnt["merges"] if not {*pair, "".join(pair)} & dropped]
    tokenizer = Tokenizer(
        models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous", invert=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in special])
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in ("<start_of_turn>", "▁▁", "▁▁▁▁", "\n\n", "\t\t", "<table>")])
    template = processors.TemplateProcessing(single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", 2)])
    tokenizer.post_processor = template
    return tokenizer
