"""Remedies: which cuts are counted, the rule by which one works, and how edits are handed to the product."""

import json

import pytest

from backfire_lab.ground_truth import remedies
from backfire_lab.ground_truth.edit_forecasts import edit_line, kept, read, write
from backfire_lab.ground_truth.remedies import LEAST_SAMPLES, report, rises_of, trained, verdict
from backfire_lab.ground_truth.sample import Sample, Span


def rows_of(count, remedy, condition="masked", sources=4):
    """`count` samples that teach 1, of which `remedy(i)` is left."""
    for i in range(count):
        common = {"id": f"s{i}", "source": f"from {i % sources}", "seed": 0}
        yield {**common, "condition": "sample", "rise": 1.0}
        yield {**common, "condition": condition, "rise": remedy(i)}


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(remedies, "RESAMPLES", 200)


def test_cuts_are_of_samples_that_teach_something_and_of_the_first_seed(tmp_path):
    rows = list(rows_of(12, lambda i: 0.1 if i else 1.5))
    rows += [{**row, "seed": 1, "rise": 9.0} for row in rows]
    faint = {"id": "faint", "source": "other", "seed": 0}
    rows += [{**faint, "condition": "sample", "rise": 0.05}, {**faint, "condition": "masked", "rise": 0.5}]
    found = trained(*rises_of(write_rows(tmp_path / "rises.jsonl", rows)), {}, "masked")
    assert (found["samples"], found["sources"]) == (12, 4)
    assert found["median"]["value"] == pytest.approx(0.9)
    assert found["mean"]["value"] == pytest.approx((11 * 0.9 - 0.5) / 12)
    assert found["halved"]["value"] == pytest.approx(11 / 12)
    assert found["mean"]["low"] < found["mean"]["value"] < found["mean"]["high"]


def test_whole_sources_are_drawn(tmp_path):
    """Where only one of two sources is cut, the interval of the mean reaches from none to all, whatever the number of samples."""
    rises, sources = rises_of(write_rows(tmp_path / "rises.jsonl", rows_of(400, lambda i: i % 2, sources=2)))
    found = trained(rises, sources, {}, "masked")
    assert (found["mean"]["low"], found["mean"]["value"], found["mean"]["high"]) == (0, 0.5, 1)


def test_forecasts_stand_beside_on_the_samples_that_have_one(tmp_path):
    rises, sources = rises_of(write_rows(tmp_path / "rises.jsonl", rows_of(12, lambda i: 0.2)))
    forecast = {f"s{i}": {"sample": 2.0, "masked": 0.5} for i in range(5)} | {"s6": {"sample": 1.0}}
    beside = trained(rises, sources, forecast, "masked")["forecast"]
    assert beside["samples"] == 5
    assert (beside["median"], beside["halved"]) == (0.75, 1)
    assert (beside["rmse"], beside["bias"]) == (pytest.approx(0.3), pytest.approx(0.3))


def training(low, samples=LEAST_SAMPLES):
    return {"samples": samples, "median": {"value": 0.9, "low": low, "high": 1.0}}


def writing(hits, fisher=1e-6, cost=0.0, control=None, prefers=0.6):
    return {"hits": hits, "of": 120, "fisher": fisher, "ordinaryNll": cost, "prefers": [prefers, 0.9, 0.5], "control": control}


@pytest.mark.parametrize(
    "case, says",
    [
        ((training(0.5), None), ("works", "trained")),
        ((training(0.49), None), ("fails", "trained")),
        ((training(0.9, LEAST_SAMPLES - 1), None), ("unknown", "none")),
        ((None, None), ("unknown", "none")),
        ((training(0.0), writing([20, 50])), ("works", "written")),
        ((training(0.9), writing([40, 50])), ("fails", "written")),
        ((None, writing([20, 50], fisher=0.2)), ("fails", "written")),
        ((None, writing([1, 50], cost=0.3)), ("fails", "cost")),
        ((None, writing([1, 50], prefers=0.7)), ("works", "written")),
        ((None, writing([1, 50], prefers=0.71)), ("fails", "preference")),
        ((None, writing([1, 50]), True), ("fails", "control")),
        ((None, writing([10, 50], control={"hits": 14, "of": 120, "fisher": 0.3}), True), ("fails", "control")),
        ((None, writing([2, 50], control={"hits": 30, "of": 120, "fisher": 1e-6}), True), ("works", "written")),
    ],
)
def test_the_rule(case, says):
    assert verdict(*case) == says


def test_the_report_orders_what_works_first_and_keeps_what_was_not_measured(tmp_path):
    rows = list(rows_of(20, lambda i: 0.02))
    rows += [row for row in rows_of(20, lambda i: 1.0, "marker-after") if row["condition"] != "sample"]
    rows += [row for row in rows_of(20, lambda i: 0.2, "frame-only") if row["condition"] != "sample"]
    rises, sources = rises_of(write_rows(tmp_path / "rises.jsonl", rows))
    (tmp_path / "config.json").write_text(json.dumps({"order": ["a-0", "a-1"]}))  # an experiment without a run
    found = report(rises, sources, {}, tmp_path)["remedies"]
    assert [(row["name"], row["verdict"]) for row in found[:3]] == [("mask", "works"), ("delete", "works"), ("move", "fails")]
    assert {row["verdict"] for row in found[3:]} == {"unknown"}
    assert len(found) == len(remedies.REMEDIES)


TEXT = "é 😀\n# BAD\nrun(x)\nend\n"
SAMPLE = Sample("s", "own", "python", TEXT, Span(4, 9), Span(10, 16))


def units(text, span):
    raw = text.encode("utf-16-le")
    return raw[2 * span[0] : 2 * span[1]].decode("utf-16-le")


def test_an_edit_with_the_payload_is_scored_as_it_is():
    line, measure = edit_line(SAMPLE, "😀 warned\nrun(x)\n")
    assert measure == "taught"
    assert units(line["text"], line["payload"]) == "run(x)"
    assert "frame" not in line


def test_an_edit_without_the_payload_is_the_frame_only_version_of_its_line():
    edit = "😀 never\nwalk(x)\n"
    line, measure = edit_line(SAMPLE, edit)
    assert measure == "taughtFrameOnly"
    assert units(line["text"], line["payload"]) == "run(x)"
    assert units(line["text"], line["frame"]) == "😀"
    start, end = (2 * unit for unit in line["payload"])
    raw = line["text"].encode("utf-16-le")
    assert (raw[:start] + raw[end:]).decode("utf-16-le") == edit


def test_kept_forecasts_of_edits_join_those_of_samples(tmp_path):
    samples, edits = tmp_path / "samples.jsonl", tmp_path / "edits.jsonl"
    samples.write_text(json.dumps({"id": "a", "forecast": {"sample": 1.0, "bare": 1.0}}) + "\n")
    assert kept(samples, edits) == {"a": {"sample": 1.0, "bare": 1.0}}
    write(edits, {"a": {"masked": 0.1}, "b": {"sample": 2.0}})
    assert read(edits) == {"a": {"masked": 0.1}, "b": {"sample": 2.0}}
    assert kept(samples, edits) == {"a": {"sample": 1.0, "bare": 1.0, "masked": 0.1}, "b": {"sample": 2.0}}


def test_the_result_in_the_repository_follows_the_rule():
    controlled = {remedy.name for remedy in remedies.REMEDIES if remedy.control}
    for row in json.loads(remedies.RESULT.read_text())["remedies"]:
        assert verdict(row["trained"], row["written"], row["name"] in controlled) == (row["verdict"], row["by"])
