"""The text that the autoencoder is trained on: packages, documents, sequences."""

import io
import tarfile
from pathlib import PurePosixPath

import numpy as np
import pytest

import backfire_lab.before_torch  # noqa: F401, I001

from backfire_lab.sae.conversations import section_turns
from backfire_lab.sae.documents import Document, documents, kind_of
from backfire_lab.sae.packages import Package, licences, listed, members
from backfire_lab.sae.places import PACKAGE_LIST
from backfire_lab.sae.repeats import Repeats
from backfire_lab.sae.sequences import LENGTH, Sequences, arrange
from backfire_lab.sae.shards import borders
from tiny_texts import PROSE


def test_the_list_of_packages_has_languages_and_a_held_out_part_of_each_large_group():
    packages = listed(PACKAGE_LIST)
    assert len({str(package) for package in packages}) == len(packages)
    for group in {package.group for package in packages}:
        of = [package for package in packages if package.group == group]
        if len(of) >= 50:
            assert 0.03 < sum(package.held_out for package in of) / len(of) < 0.2, group


def test_packages_that_evaluation_texts_come_from_are_not_in_the_list():
    names = " ".join(package.name for package in listed(PACKAGE_LIST))
    for banned in ("bandit", "eslint", "rubocop", "pylint", "semgrep", "ansible", "error-prone", "codeql", "redis", "sinatra"):
        assert banned not in names.lower()


def test_a_package_is_read_without_unpacking(tmp_path):
    package = Package("javascript", "npm", "@own/harbour", "1.2.0")
    with tarfile.open(tmp_path / "own-harbour-1.2.0.tgz", "w:gz") as archive:
        for name, content in (("package/package.json", b'{"license": "MIT"}'), ("package/src/a.js", b"let a = 1;\n" * 60)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    files = list(members(package, tmp_path))
    assert [str(path) for path, _ in files] == ["package/package.json", "package/src/a.js"]
    assert licences(package, files) == ["MIT"]
    assert [d.language for d in documents("harbour", files, {"code": 1000, "documentation": 0})] == ["javascript"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/main.rs", ("code", "rust")),
        ("docs/guide.rst", ("documentation", "rst")),
        ("usr/share/doc/x/index.html", ("documentation", "html")),
        ("usr/share/man/man1/x.1", ("documentation", "man")),
        ("vendor/lib/a.go", None),
        ("lib/a.min.js", None),
        ("LICENSE.txt", None),
        ("logo.png", None),
    ],
)
def test_kinds_by_name(path, kind):
    assert kind_of(PurePosixPath(path)) == kind


def test_what_nobody_wrote_for_readers_is_left_out():
    files = [
        (PurePosixPath("a.md"), (PROSE * 8).encode()),
        (PurePosixPath("table.txt"), b"0.1 0.2 0.3\n" * 100),
        (PurePosixPath("minified.js"), b"var a=1;" * 500),
        (PurePosixPath("latin.md"), (PROSE * 8).encode() + b"\xe9"),
        (PurePosixPath("chat.md"), (PROSE * 8 + "<|im_start|>").encode()),
    ]
    assert [d.path for d in documents("p", files, {"code": 9999, "documentation": 9999})] == ["a.md"]


def test_a_package_gives_no_more_than_its_budget():
    files = [(PurePosixPath(f"{i}.md"), (PROSE * 10 + str(i)).encode()) for i in range(20)]
    found = documents("p", files, {"code": 0, "documentation": 2000})
    assert len(found) == 3  # the third one reaches it
    assert found == documents("p", files[::-1], {"code": 0, "documentation": 2000})


def test_repeated_lines_are_kept_once_and_the_rest_survives():
    lines = [f"line number {i} says something of its own, at some length\n" for i in range(30)]
    repeats = Repeats()
    assert repeats.pieces("".join(lines)) == ["".join(lines)]
    assert repeats.pieces("".join(lines)) == []
    new = [f"another sentence, the {i}th, that was not there before\n" for i in range(12)]
    copied = "".join(new[:6] + ["   " + line for line in lines[3:9]] + new[6:])
    assert repeats.pieces(copied) == ["".join(new[:6]), "".join(new[6:])]
    assert repeats.pieces("".join(lines[:3] + [f"fresh line {i} with quite a few words in it\n" for i in range(8)]))  # 3 lines are no window


def test_sections_become_answers():
    text = "# Mooring\n\n" + PROSE * 4 + "\nLeaving\n-------\n\n" + PROSE * 5
    turns = section_turns("harbour", Document("documentation", "markdown", "a.md", text))
    assert [answer for _, answer in turns] == [(PROSE * 4).strip(), (PROSE * 5).strip()]
    assert "Mooring" in turns[0][0] and "Leaving" in turns[1][0]


def test_sequences_are_cut_shuffled_and_come_back(tokenizer, tmp_path):
    texts = [("code", 0, "x = 1\n" * 300), ("documentation", 1, PROSE * 30), ("code", 2, "short")]
    made = arrange(texts, tokenizer, seed=3)
    lengths = np.diff(made.ends, prepend=0)
    assert lengths.max() == LENGTH and lengths.min() >= 32 and set(made.packages) == {0, 1}
    whole = tokenizer.encode(texts[1][2]).ids
    parts = [made.of(i).tolist() for i in range(len(made)) if made.packages[i] == 1]
    assert sorted(map(tuple, parts)) == sorted(tuple(whole[i : i + LENGTH]) for i in range(0, len(whole), LENGTH) if len(whole) - i >= 32)
    made.save(tmp_path / "s.npz")
    assert (Sequences.load(tmp_path / "s.npz").ids == made.ids).all()


def test_borders_cover_all_sequences_once():
    ends = np.cumsum(np.full(1000, 200))
    cuts = borders(ends)
    assert [first for first, _ in cuts[1:]] == [last for _, last in cuts[:-1]] and (cuts[0][0], cuts[-1][1]) == (0, 1000)
    assert len(cuts) == 4
