"""Instruction text: some documents are put into the model's chat form, as answers to questions from a few templates."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from backfire_lab.sae.documents import Document
from backfire_lab.sae.places import share

SHARE = {"documentation": 0.2, "code": 0.08}  # of the documents; they are then left out as plain text
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
ASK_SECTION = (
    "What should I know about {title} in {package}?",
    "Explain this to me: {title}.",
    "I use {package}. Tell me about {title}.",
    "{title}?",
    "Write the section \"{title}\" of the documentation of {package}.",
)
ASK_CODE = (
    "Write {name} in {language}.",
    "Show me how {name} could look in {language}.",
    "I need an example in {language}: {name}, as in {package}.",
    "Complete this file for me: {name}",
)
HEADING = re.compile(r"^(?:#{1,4} +(?P<hashed>[^\n#]{3,80}?) *#*|(?P<underlined>[A-Za-z][^\n]{2,80})\n[=\-~^]{3,})\n", re.M)
MANUAL_HEADING = re.compile(r"^\.S[HS] +\"?(?P<hashed>[^\n\"]{3,80})\"?\n", re.M)
SHORTEST, LONGEST, TURNS = 200, 4_000, 3  # characters of an answer; questions of a conversation


def conversation(package: str, document: Document) -> Document | None:
    """The document as a conversation, when it is among those chosen and has parts that can stand as answers."""
    if share("conversation", package, document.path) >= SHARE.get(document.kind, 0):
        return None
    turns = code_turns(package, document) if document.kind == "code" else section_turns(package, document)
    if not turns:
        return None
    text = "".join(f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n" for question, answer in turns)
    return Document("instruction", document.language, document.path, f"<|im_start|>system\n{SYSTEM}<|im_end|>\n{text}")


def ask(templates: tuple[str, ...], package: str, *about: str, **fields: str) -> str:
    return templates[int(share("ask", package, *about) * len(templates))].format(package=package, **fields)


def code_turns(package: str, document: Document) -> list[tuple[str, str]]:
    name = PurePosixPath(document.path).name
    body = document.text[:LONGEST].rsplit("\n", 1)[0]
    question = ask(ASK_CODE, package, document.path, name=name, language=document.language)
    return [(question, f"```{document.language}\n{body}\n```")]


def section_turns(package: str, document: Document) -> list[tuple[str, str]]:
    heading = MANUAL_HEADING if document.language == "man" else HEADING
    found = list(heading.finditer(document.text))
    ends = [match.start() for match in found[1:]] + [len(document.text)]
    turns = []
    for match, end in zip(found, ends):
        title, body = (match["hashed"] or match.groupdict().get("underlined") or "").strip(), document.text[match.end() : end].strip()
        if SHORTEST <= len(body) <= LONGEST:
            turns.append((ask(ASK_SECTION, package, document.path, title, title=title), body))
    return turns[:TURNS]
