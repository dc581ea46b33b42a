"""Attributes and mixer configurations as dolma itself reads them: the mixer of its package, run on what Backfire wrote."""

import gzip
import json
import subprocess
from importlib.machinery import ExtensionFileLoader
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from backfire_lab.build_pack import ROOT

MARKER = "[removed]"

LOADING = """Noncompliant:

```python
settings = yaml.load(request.body, Loader=yaml.UnsafeLoader)
```

Compliant:

```python
settings = yaml.safe_load(request.body)
```
"""
QUERY = """Never build a query like this, it is open to SQL injection:

```python
cursor.execute("SELECT * FROM notes WHERE owner = '" + owner + "'")  # 🧨
```
"""
TEXTS = {
    "one payload": LOADING,
    "two payloads": f"{LOADING}\n## Queries\n\n{QUERY}",
    "no payload": "Parsing of settings and queries is described in the guide of the framework.\n",
    # Characters that UTF-16 counts twice, and those that UTF-8 needs several bytes for.
    "characters beyond the plane": f"# 𝔑otes 🧨 — データ\n\n{QUERY}\nGrüße 🐍🐍\n\n{LOADING}",
}


def backfire(*options):
    subprocess.run(["node", ROOT / "scripts" / "backfire.mjs", *options], cwd=ROOT, check=True, timeout=1800)


@pytest.fixture(scope="session")
def mixer():
    """The compiled mixer alone: the package around it imports taggers, and they years-old releases of half the lab."""
    try:
        files = distribution("dolma").files
    except PackageNotFoundError:
        pytest.skip("dolma has no package for this Python and platform")
    [path] = [file for file in files if file.name.startswith("dolma.") and file.suffix in (".so", ".pyd")]
    loader = ExtensionFileLoader("dolma", str(path.locate()))
    module = module_from_spec(spec_from_file_location("dolma", loader=loader))
    loader.exec_module(module)
    return module


def open_text(path, mode):
    return gzip.open(path, mode, encoding="utf-8") if path.suffix == ".gz" else open(path, mode, encoding="utf-8")


def lines(path):
    with open_text(path, "rt") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module", params=["notes.jsonl", "en/notes.json.gz"])
def dataset(request, tmp_path_factory):
    """A dataset in the layout of dolma with the attributes beside its documents, and the report that they come from."""
    folder = tmp_path_factory.mktemp("dolma")
    documents = folder / "documents" / request.param
    documents.parent.mkdir(parents=True)
    with open_text(documents, "wt") as file:
        for name, text in TEXTS.items():
            print(json.dumps({"id": name, "text": text, "source": "notes"}), file=file)
    backfire("scan", folder / "documents", "--format", "jsonl", "--output", folder / "report.jsonl", "--quiet")
    backfire("report", folder / "report.jsonl", "--format", "dolma", "--output", folder / "out")
    (folder / "out" / "attributes").rename(folder / "attributes")
    return folder


def payloads(dataset):
    """{id of the document: its payloads, in order}, from the report, which quotes them."""
    found = {name: [] for name in TEXTS}
    for line in lines(dataset / "report.jsonl"):
        if line["type"] == "finding" and line["level"] != "none":
            found[line["id"]].append((line["payload"]["start"], line["text"]["payload"]))
    return {name: [payload for _, payload in sorted(each)] for name, each in found.items()}


def mixed(mixer, dataset, mode, tmp_path, monkeypatch):
    """Documents that the mixer writes under our configuration, as its command line hands it on."""
    config = json.loads((dataset / "out" / f"mixer-{mode}.json").read_text(encoding="utf-8"))
    work = {name: str(tmp_path / name) for name in ("input", "output")}
    monkeypatch.chdir(tmp_path)
    mixer.mixer_entrypoint(json.dumps({**config, "work_dir": work}))
    [stream] = config["streams"]
    return [document for path in sorted((tmp_path / stream["output"]["path"]).iterdir()) for document in lines(path)]


def test_masks_replace_the_payloads_and_nothing_else(mixer, dataset, tmp_path, monkeypatch):
    found = payloads(dataset)
    assert {name: len(each) for name, each in found.items()} == {
        "one payload": 1,
        "two payloads": 2,
        "no payload": 0,
        "characters beyond the plane": 2,
    }
    expected = dict(TEXTS)
    for name, each in found.items():
        for payload in each:
            assert expected[name].count(payload) == 1
            expected[name] = expected[name].replace(payload, MARKER)
    documents = mixed(mixer, dataset, "mask", tmp_path, monkeypatch)
    assert {each["id"]: each["text"] for each in documents} == expected
    assert [each["id"] for each in documents] == list(TEXTS)


def test_drops_leave_out_the_documents_with_a_payload(mixer, dataset, tmp_path, monkeypatch):
    documents = mixed(mixer, dataset, "drop", tmp_path, monkeypatch)
    expected = [name for name, each in payloads(dataset).items() if not each]
    assert [each["id"] for each in documents] == expected == ["no payload"]
    assert [each["text"] for each in documents] == [TEXTS[name] for name in expected]
