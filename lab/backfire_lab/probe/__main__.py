"""Trains a linear probe for flagged payloads, says what it can tell, and puts it into the pack:

    python -m backfire_lab.probe --corpora FOLDER [--threads N]

The probe is logistic regression on the residual stream after the pack's layer, of a payload that stands alone (direct), against
fixes and ordinary code; see texts.py. Three ways to pool over tokens and three strengths of regularisation are compared by the area
under the curve with each source left out; the best goes into the pack, trained on everything. Its threshold is the score that 5 % of
the unflagged texts exceed, by probes that had not seen their source.

Then every sample of the ground truth is framed in several ways (forms_of), scored by the probe that had not seen its source: does the
framing bring a flagged payload under the threshold, while its features keep firing?

Writes lab/results/probe/probe.json, models/…/probe.onnx and pack.json. Activations are kept in CACHE/probe between runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import numpy as np
import onnx
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from backfire_lab.build_pack import PACK, ROOT, describe
from backfire_lab.graph_builder import Shape
from backfire_lab.ground_truth.__main__ import all_samples
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.probe.fit import LINEAR, POOLS, STRENGTHS, Probe, fit, left_out
from backfire_lab.probe.framings import FIRING, framed, table
from backfire_lab.probe.graph import probe_graph
from backfire_lab.probe.residuals import Residuals
from backfire_lab.probe.texts import Labelled, corpus_texts, forms_of, own_texts
from backfire_lab.sae.places import cache, write_json
from backfire_lab.sae.saved import Saved

RESULT = ROOT / "lab" / "results" / "probe" / "probe.json"
GRAPH = "probe.onnx"
FALSE_POSITIVES = 0.05
RESAMPLES, SEED = 2000, 13


def kept_rows(name: str, texts: list, residuals: Residuals) -> list[np.ndarray]:
    """Payload rows of texts, computed once for the same texts and kept in a file."""
    key = hashlib.sha256(repr([(text.text, text.payload) for text in texts]).encode()).hexdigest()[:16]
    path = cache().parent / "probe" / f"{name}-{key}.npz"
    if not path.exists():
        rows = residuals.of(texts)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, rows=np.concatenate(rows), lengths=[len(each) for each in rows])
        partial.replace(path)
    with np.load(path) as stored:
        return np.split(stored["rows"], np.cumsum(stored["lengths"])[:-1])


def area(flagged: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Area under the curve with its 95 % interval from resampling texts."""
    random = np.random.default_rng(SEED)
    draws = []
    for _ in range(RESAMPLES):
        at = random.integers(0, len(flagged), len(flagged))
        draws.append(roc_auc_score(flagged[at], scores[at]) if 0 < flagged[at].sum() < len(at) else np.nan)
    low, high = np.nanquantile(draws, (0.025, 0.975))
    return {"value": float(roc_auc_score(flagged, scores)), "low": float(low), "high": float(high)}


def areas(flagged: np.ndarray, sources: np.ndarray, scores: np.ndarray) -> dict:
    """Pooled, as the mean over sources that hold both, and on our own pairs, which differ in nothing but the fault."""
    by_source = {s: sources == s for s in np.unique(sources) if 0 < flagged[sources == s].sum() < (sources == s).sum()}
    alone = {name: float(roc_auc_score(flagged[of], scores[of])) for name, of in by_source.items()}
    own = sources == "own"
    return {"pooled": area(flagged, scores), "meanSource": float(np.mean(list(alone.values()))), "ownPairs": area(flagged[own], scores[own])}


def ngram_scores(texts: list[Labelled], flagged: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Character n-grams of the same payloads, each source left out."""
    codes, scores = np.array([t.text.payload.of(t.text.text) for t in texts], dtype=object), np.empty(len(texts))
    for source in np.unique(sources):
        held = sources == source
        model = make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=3, sublinear_tf=True),
            LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced", random_state=SEED),
        )
        scores[held] = model.fit(codes[~held], flagged[~held]).decision_function(codes[held])
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, help="folder with dev/*.jsonl of labelled texts")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    residuals = Residuals(arguments.threads)
    texts = corpus_texts(arguments.corpora) + own_texts()
    flagged, sources = np.array([t.flagged for t in texts]), np.array([t.source for t in texts])
    rows = kept_rows("texts", [t.text for t in texts], residuals)
    columns = {pool: np.stack([of(each) for each in rows]) for pool, of in POOLS.items()}
    scores = {(pool, c): left_out(columns[pool], flagged, sources, c) for pool in POOLS for c in STRENGTHS}
    # Of those that are linear in single tokens, so that the product can show what each token adds.
    pool, strength = max((key for key in scores if key[0] in LINEAR), key=lambda key: roc_auc_score(flagged, scores[key]))
    threshold = float(np.quantile(scores[pool, strength][~flagged], 1 - FALSE_POSITIVES))
    best = {p: max(STRENGTHS, key=lambda c, p=p: roc_auc_score(flagged, scores[p, c])) for p in POOLS}
    baselines = {
        "character n-grams": ngram_scores(texts, flagged, sources),
        "length": np.array([float(len(each)) for each in rows]),
    }
    result = {
        "layer": residuals.layer,
        "texts": {"flagged": int(flagged.sum()), "others": int((~flagged).sum()), "sources": len(np.unique(sources)), "ownPairs": int((sources == "own").sum() // 2)},
        "pools": {p: {"strength": c, **areas(flagged, sources, scores[p, c])} for p, c in best.items()},
        "baselines": {name: areas(flagged, sources, each) for name, each in baselines.items()},
        "chosen": {"pool": pool, "strength": strength},
        "threshold": threshold,
        "falsePositives": FALSE_POSITIVES,
        "recall": float((scores[pool, strength][flagged] >= threshold).mean()),
        "firing": FIRING,
        "seed": SEED,
        "resamples": RESAMPLES,
    }  # fmt: skip
    unseen = {s: fit(columns[pool][sources != s], flagged[sources != s], sources[sources != s], strength) for s in np.unique(sources)}
    samples = all_samples(arguments.corpora, Tokens.of_pack(PACK))
    forms = [forms_of(sample) for sample in samples]
    form_rows = iter(kept_rows("forms", [text for each in forms for text in each.values()], residuals))
    saved, center = Saved.load(PACK), columns["mean"].mean(0)
    framings = []
    for sample, each in zip(samples, forms):
        of = {name: next(form_rows) for name in each}
        score = lambda rows, probe=unseen[sample.source]: probe(POOLS[pool](rows))
        if all(len(form) for form in of.values()):
            framings.append(framed(of, score, center, saved))
    result["samples"] = len(framings)
    result["framings"] = table(framings, threshold)
    write_json(RESULT, result)
    put(fit(columns[pool], flagged, sources, strength))
    print(RESULT.read_text())


def put(probe: Probe) -> None:
    """Writes the graph and names it in pack.json."""
    manifest = json.loads((PACK / "pack.json").read_text())
    onnx.save(probe_graph(probe, manifest["sae"]["sinkNorm"]), str(PACK / GRAPH))
    write_json(PACK / "pack.json", describe(PACK, Shape.of_pack(manifest), manifest["weights"], manifest["layer"]))


if __name__ == "__main__":
    main()
