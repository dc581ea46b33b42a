"""Which files of a package are text to learn from, of what kind, and how they are cut to size."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from markdownify import markdownify

from backfire_lab.sae.places import share

CODE = {
    ".py": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript", ".ts": "typescript",
    ".tsx": "typescript", ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".hpp": "cpp", ".hh": "cpp",
    ".java": "java", ".go": "go", ".rs": "rust", ".rb": "ruby", ".php": "php", ".cs": "csharp", ".sh": "shell", ".bash": "shell",
    ".pl": "perl", ".pm": "perl", ".lua": "lua", ".hs": "haskell", ".ml": "ocaml", ".r": "r", ".kt": "kotlin", ".scala": "scala",
    ".clj": "clojure", ".erl": "erlang", ".el": "lisp", ".sql": "sql", ".vala": "vala", ".css": "css", ".html": "html",
    ".yml": "yaml", ".yaml": "yaml", ".cmake": "cmake", ".vue": "vue", ".swift": "swift", ".m": "objective-c", ".mm": "objective-c",
    ".sol": "solidity", ".ex": "elixir", ".exs": "elixir", ".tcl": "tcl",
}  # fmt: skip
DOCUMENTATION = {
    ".md": "markdown", ".markdown": "markdown", ".rst": "rst", ".txt": "text", ".adoc": "asciidoc", ".asciidoc": "asciidoc",
    ".texi": "texinfo", ".texinfo": "texinfo", ".pod": "pod", ".sgml": "docbook", ".dbk": "docbook", ".docbook": "docbook",
    ".xml": "docbook", ".tex": "latex", ".page": "mallard", ".rd": "rd",
    **{f".{section}": "man" for section in "12345678"},
}  # fmt: skip
COPIES = {  # folders that hold other projects' files, or translations
    "vendor", "vendored", "_vendor", "third_party", "third-party", "thirdparty", "3rdparty", "node_modules", "external", "extern",
    "deps", "dist", "po", "locale", "locales", "i18n", "l10n", "translations", "lang", ".pc", "patches",
}  # fmt: skip
SHORTEST, LONGEST = 300, 16_000  # characters of a document
NOT_WRITTEN_FOR_IT = ("LICEN", "COPYING", "COPYRIGHT", "NOTICE")
WIDEST_LINE, WIDEST_MEAN = 1_000, 200  # characters, of code
LEAST_ASCII = 0.95  # of code
COMMON_WORDS = re.compile(r"\b(?:the|of|and|to|is|in|a|for|that|be)\b", re.I)
WORD = re.compile(r"\b[^\W\d_]+\b")
LEAST_COMMON = 0.08  # share of the words in English prose that are among these ten; lists and other languages have fewer


@dataclass(frozen=True)
class Document:
    kind: str  # code | documentation | instruction
    language: str
    path: str
    text: str


def kind_of(path: PurePosixPath) -> tuple[str, str] | None:
    """(kind, language) by the file's name."""
    suffix, folders, name = path.suffix.lower(), {part.lower() for part in path.parts[:-1]}, path.name.upper()
    if COPIES & folders or ".min." in path.name or name.startswith(NOT_WRITTEN_FOR_IT):
        return None
    if suffix == ".html" and folders & {"doc", "docs"}:
        return "documentation", "html"
    if suffix in CODE:
        return "code", CODE[suffix]
    if suffix in DOCUMENTATION:
        return "documentation", DOCUMENTATION[suffix]
    return ("documentation", "text") if name.startswith(("README", "FAQ", "HACKING", "METADATA")) else None


def readable(kind: str, language: str, content: bytes) -> str | None:
    """The file as text, or None where it is not text that someone wrote: minified, tables, another language."""
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    if "\0" in text or "<|" in text:
        return None
    if language == "html" and kind == "documentation":
        try:
            text = markdownify(text, heading_style="ATX", strip=["a", "img", "script", "style"])
        except RecursionError:  # elements that are never closed, one in the other
            return None
        text = re.sub(r"\n\s*\n\s*\n+", "\n\n", text)
    return text if len(text) >= SHORTEST and written(kind, text) else None


def written(kind: str, text: str) -> bool:
    if kind == "documentation":
        words = len(WORD.findall(text))
        return words > 0 and len(COMMON_WORDS.findall(text)) / words >= LEAST_COMMON
    lines = text.split("\n")
    narrow = max(map(len, lines)) <= WIDEST_LINE and len(text) / len(lines) <= WIDEST_MEAN
    return narrow and sum(map(str.isascii, text)) >= LEAST_ASCII * len(text)


def cut(text: str, at: float) -> str:
    """At most LONGEST characters of whole lines, from a place that `at` in [0, 1) chooses: not always the file's head."""
    if len(text) <= LONGEST:
        return text
    start = int(at * (len(text) - LONGEST))
    start = text.rfind("\n", 0, start) + 1
    end = text.rfind("\n", start, start + LONGEST)
    return text[start : end + 1] if end > start else text[start : start + LONGEST]


def documents(package: str, files: Iterable[tuple[PurePosixPath, bytes]], budget: dict[str, int]) -> list[Document]:
    """A package's documents, chosen by chance but always the same, up to `budget[kind]` characters and one document over."""
    left, chosen = dict(budget), []
    for path, content in sorted(files, key=lambda file: share("order", package, str(file[0]))):
        kind = kind_of(path)
        if kind and left[kind[0]] > 0:
            text = readable(*kind, content)
            if text:
                text = cut(text, share("cut", package, str(path)))
                left[kind[0]] -= len(text)
                chosen.append(Document(*kind, str(path), text))
    return chosen
