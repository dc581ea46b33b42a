"""The product's reading of other models' tokenizers, against Hugging Face's own: ids and spans."""

import json
import random
import subprocess
import unicodedata

import pytest
from tiny_tokenizers import TEXTS, save
from tokenizers import Tokenizer

from backfire_lab.build_pack import ROOT
from backfire_lab.golden_tokens import utf16_positions
from backfire_lab.models.refusal import Refused
from backfire_lab.models.tokenizer_files import check_form

KINDS = ("llama3", "qwen", "gemma")
PIECES = [
    *(" ", "  ", "\n", "\r\n", "\n\n", "\t", "\t\t", "\u0085", "\u00a0", "\ufeff", "\u200d", "\u3000"),
    *("'", "'s", "'LL", "'Ve", "'ſ", "'re", "a", "the", " the", "Ing", "é", "ß", "я", "好", "क्ष", "한", "ﷺ", "1", "42", "1234567", "٣", "½", "𝟘"),
    *("!", "==", "/*", "😀", "👩‍👩‍👧", "▁", "▁▁", "☃", "<|im_start|>", "<|im_", "<start_of_turn>", "<table>", "<0x41>", "<unk>", "<bos>"),
]


@pytest.fixture(scope="session")
def encoder(tmp_path_factory):
    """The product's tokenizer as a command."""
    script = tmp_path_factory.mktemp("encode") / "encode.mjs"
    source = ROOT / "test" / "model" / "encodeLines.ts"
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    subprocess.run([esbuild, source, "--bundle", "--platform=node", "--format=esm", f"--outfile={script}", "--log-level=error"], check=True)

    def encode(folder, texts: list[str]) -> list[dict]:
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        done = subprocess.run(["node", script, folder], input=lines, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]

    return encode


@pytest.fixture(scope="session", params=KINDS)
def folder(request, tmp_path_factory):
    path = tmp_path_factory.mktemp(request.param)
    save(request.param, path)
    check_form(path / "tokenizer.json")
    return path


def random_texts(count: int) -> list[str]:
    drawn = random.Random(7)
    return ["".join(drawn.choice(PIECES) for _ in range(drawn.randint(1, 25))) for _ in range(count)]


def spans(text: str, offsets: list[tuple[int, int]]) -> list[tuple[int, int]]:
    at = utf16_positions(text)
    return [(at[start], at[end]) for start, end in offsets]


def test_ids_and_spans_are_those_of_the_reference(folder, encoder):
    reference = Tokenizer.from_file(str(folder / "tokenizer.json"))
    texts = [unicodedata.normalize("NFC", text) for text in TEXTS + random_texts(600) if text]
    for text, own in zip(texts, encoder(folder, texts), strict=True):
        expected = reference.encode(text)
        assert own["ids"] == expected.ids, repr(text)
        own_spans = list(zip(own["starts"], own["ends"], strict=True))
        assert own_spans == spans(text, expected.offsets), repr(text)


def test_every_character_is_classed_as_the_reference_does(folder, encoder):
    """Between letters, digits, marks and spaces; of ideographs and syllables a few stand for all."""
    reference = Tokenizer.from_file(str(folder / "tokenizer.json"))
    composes = json.loads((folder / "tokenizer.json").read_text())["normalizer"] == {"type": "NFC"}
    alike = [(0x4000, 0x9F80), (0xAC80, 0xD780), (0xE080, 0xF880), (0x17080, 0x18C80), (0x20080, 0x2A680), (0x2A780, 0x323A0)]
    numbers = [*range(0xD800), *range(0xE000, 0x33480), *range(0xE0000, 0xE0200)]
    characters = [chr(c) for c in numbers if not any(start <= c < end for start, end in alike)]
    if composes:
        # What newer versions of Unicode compose, Node composes when its own version does.
        stays = lambda c: not unicodedata.combining(c) and unicodedata.normalize("NFC", c) == c and unicodedata.category(c) != "Cn"
        characters = [c for c in characters if stays(c)]
    texts = ["".join(f"x{c}y {c}{c}9{c}({c}\n" for c in characters[start : start + 500]) for start in range(0, len(characters), 500)]
    wrong = [i for i, (text, own) in enumerate(zip(texts, encoder(folder, texts), strict=True)) if own["ids"] != reference.encode(text).ids]
    assert wrong == []


def test_text_that_is_composed_first_keeps_its_places(tmp_path, encoder):
    save("qwen", tmp_path)
    reference = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    texts = ["cafe\u0301 au lait", "e\u0301e\u0301", "\u1112\u1161\u11ab\u1100\u1173\u11af 1", "a\u0323\u0302b", "\u2126 \uf900", "\u0b47\u0b3e", "x\u0301<|im_start|>o\u0308"]
    for text, own in zip(texts, encoder(tmp_path, texts), strict=True):
        assert own["ids"] == reference.encode(text).ids, repr(text)
        assert own["text"] == unicodedata.normalize("NFC", text)
        # Without a gap, and where nothing was composed each token holds its own characters.
        covered = 0
        for start, end in zip(own["starts"], own["ends"], strict=True):
            assert start <= covered <= end and start < end
            covered = end
        assert covered == len(utf16_positions(text)) - 1
    cafe, positions = encoder(tmp_path, ["cafe\u0301 au lait"])[0], utf16_positions("cafe\u0301 au lait")
    assert any(end == 5 for end in cafe["ends"]) and all(end != 4 for end in cafe["ends"]) and positions[-1] == 13


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"normalizer": {"type": "NFKC"}}, "normalizer is"),
        ({"pre_tokenizer": None}, "pre_tokenizer is None"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "pre_tokenizer is"),
        ({"model": {"type": "Unigram", "vocab": []}}, "model.type is 'Unigram', needed is 'BPE'"),
    ],
)
def test_a_form_that_the_product_lacks_is_refused_by_both(tmp_path, encoder, change, message):
    save("llama3", tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(Refused, match=message):
        check_form(path)
    with pytest.raises(subprocess.CalledProcessError) as failed:
        encoder(tmp_path, ["a"])
    assert "tokenizer.json can't be used" in failed.value.stderr
