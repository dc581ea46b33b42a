"""Baselines for finding warned texts, always judged on a source that they have not seen.

    python -m backfire_lab.detection_baselines CORPORA [--seed 7] [--probe N] [--output FILE]

`CORPORA` holds `dev/*.jsonl` with the fields `source`, `label` (warned, safe or direct), `text` and `hard`, and
`contrast/*.jsonl`. Prints one JSON object. For each baseline: F1 at the threshold 0.5 and AUC over all held-out
predictions, AUC on the hard items, the share of the contrast texts that is flagged, and 90 % intervals from resampling
whole sources. The two baselines on activations read N items, drawn with the seed (default 0: they are left out).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

THRESHOLD = 0.5
RESAMPLES = 2000
LAYER = 16
PROBE_TOKENS = 160
PACK = Path(__file__).parents[2] / "models" / "smollm2-135m-instruct"

# Any of these words anywhere; the same list as in bench/detection.ts.
KEYWORDS = re.compile(
    r"\b(?:bad|wrong|incorrect|non-?compliant|vulnerable|insecure|unsafe|problematic|anti-?pattern|not ok|do not|don't|avoid|never)\b",
    re.I,
)
# A line that does nothing but call what follows wrong.
MARKERS = re.compile(
    r"^\W*(?:example[ :,-]+)?(?:bad|wrong|incorrect|no|don'?t|avoid|not (?:ok|good|recommended)|anti-?pattern|"
    r"(?:non-?compliant|problematic|vulnerable|insecure|incorrect|bad|wrong)(?: \w+)? (?:code|example)s?(?: code)?)\b[^\n\w]*(?:$|[:(])",
    re.I | re.M,
)

Fit = Callable[[np.ndarray, np.ndarray], np.ndarray]


def read_items(folder: Path) -> list[dict]:
    items = []
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            items.extend(json.loads(line) for line in lines)
    return items


def held_out(fit: Fit, sources: np.ndarray, trainable: np.ndarray) -> np.ndarray:
    """Scores of every item by a classifier that saw no item of its source. `fit(train, test)` takes indices."""
    scores = np.zeros(len(sources))
    for source in np.unique(sources):
        test = np.flatnonzero(sources == source)
        scores[test] = fit(np.flatnonzero((sources != source) & trainable), test)
    return scores


def linear(features, warned: np.ndarray, c: float, seed: int) -> Fit:
    def fit(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        model = LogisticRegression(C=c, solver="liblinear", tol=1e-3, random_state=seed).fit(features[train], warned[train])
        return model.predict_proba(features[test])[:, 1]

    return fit


def words(texts: list[str], warned: np.ndarray, seed: int) -> Fit:
    """Words and word pairs. With signs of code as tokens it does worse on unseen sources (F1 .72 against .76)."""
    everything = np.array(texts, dtype=object)

    def fit(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            LogisticRegression(C=10.0, max_iter=1000, random_state=seed),
        )
        return model.fit(everything[train], warned[train]).predict_proba(everything[test])[:, 1]

    return fit


def characters(texts: list[str]) -> sparse.csr_matrix:
    """Hashed 2- to 4-grams of characters. Their document frequencies are taken over all texts: they carry no label."""
    counts = HashingVectorizer(analyzer="char", ngram_range=(2, 4), n_features=1 << 14, alternate_sign=False, norm=None)
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts.transform(texts))


def lengths(texts: list[str]) -> np.ndarray:
    return np.array([[np.log1p(len(text)), np.log1p(text.count("\n"))] for text in texts])


def positions(texts: list[str]) -> np.ndarray:
    """Where the first keyword stands, as a share of the text and in characters; nowhere counts as the end."""
    starts = [(match.start() if (match := KEYWORDS.search(text)) else len(text), len(text)) for text in texts]
    return np.array([[start / max(1, total), np.log1p(start), float(start < total)] for start, total in starts])


def mean_residuals(texts: list[str]) -> np.ndarray:
    """float32 [texts, hidden]: the mean of resid LAYER over the first PROBE_TOKENS tokens but the very first."""
    import torch
    from transformers import PreTrainedTokenizerFast

    from backfire_lab.reference import load_reference

    model = load_reference(PACK)
    model.model.layers = model.model.layers[:LAYER]
    model.model.norm = torch.nn.Identity()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(PACK / "tokenizer.json"))
    means = []
    with torch.no_grad():
        for text in texts:
            ids = tokenizer(text[: PROBE_TOKENS * 8], add_special_tokens=False)["input_ids"][:PROBE_TOKENS]
            states = model.model(torch.tensor([ids or [0]]), use_cache=False).last_hidden_state[0]
            means.append(states[min(1, len(ids) - 1) :].mean(0).numpy())
    return np.stack(means)


def probe(residuals: np.ndarray, warned: np.ndarray, seed: int) -> Fit:
    def fit(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000, random_state=seed))
        return model.fit(residuals[train], warned[train]).predict_proba(residuals[test])[:, 1]

    return fit


def difference_of_means(residuals: np.ndarray, warned: np.ndarray, seed: int) -> Fit:
    """The projection on the difference of the two means; one slope and one offset make a probability of it."""

    def fit(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        bad = warned[train]
        direction = residuals[train][bad].mean(0) - residuals[train][~bad].mean(0)
        projected = StandardScaler().fit(residuals[train] @ direction[:, None])
        model = LogisticRegression(random_state=seed)
        model.fit(projected.transform(residuals[train] @ direction[:, None]), bad)
        return model.predict_proba(projected.transform(residuals[test] @ direction[:, None]))[:, 1]

    return fit


def f1(warned: np.ndarray, scores: np.ndarray) -> float:
    flagged = scores >= THRESHOLD
    return 2.0 * float((flagged & warned).sum()) / max(1, int(flagged.sum() + warned.sum()))


def area(warned: np.ndarray, scores: np.ndarray) -> float | None:
    return float(roc_auc_score(warned, scores)) if 0 < warned.sum() < len(warned) else None


def interval(warned: np.ndarray, scores: np.ndarray, sources: np.ndarray, figure: Callable, seed: int) -> list[float]:
    """90 % interval of a figure: sources are drawn with replacement, since sources differ more than items do."""
    random = np.random.default_rng(seed)
    groups = [np.flatnonzero(sources == source) for source in np.unique(sources)]
    drawn = []
    for _ in range(RESAMPLES):
        chosen = np.concatenate([groups[index] for index in random.integers(len(groups), size=len(groups))])
        value = figure(warned[chosen], scores[chosen])
        if value is not None:
            drawn.append(value)
    return [float(np.quantile(drawn, 0.05)), float(np.quantile(drawn, 0.95))]


def quick_area(warned: np.ndarray, scores: np.ndarray) -> float | None:
    """AUC without scikit-learn's checks: it is computed thousands of times. Ties count half."""
    positives = int(warned.sum())
    if positives in (0, len(warned)):
        return None
    ordered = np.sort(scores)
    ranks = (np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right") + 1) / 2
    return float((ranks[warned].sum() - positives * (positives + 1) / 2) / (positives * (len(warned) - positives)))


def figures(scores: np.ndarray, data: dict[str, np.ndarray], seed: int) -> dict:
    dev, hard = ~data["contrast"], data["hard"] & ~data["contrast"]
    of = lambda which: (data["warned"][which], scores[which])
    return {
        "n": int(dev.sum()),
        "f1": f1(*of(dev)),
        "f1Interval": interval(*of(dev), data["sources"][dev], f1, seed),
        "auc": area(*of(dev)),
        "aucInterval": interval(*of(dev), data["sources"][dev], quick_area, seed),
        "hardAuc": area(*of(hard)),
        "contrastFlagged": float((scores[data["contrast"]] >= THRESHOLD).mean()) if data["contrast"].any() else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--probe", type=int, default=0, metavar="N")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()

    dev, contrast = read_items(options.corpora / "dev"), read_items(options.corpora / "contrast")
    if not dev:
        sys.exit(f"No items under {options.corpora / 'dev'}.")
    items, seed = dev + contrast, options.seed
    texts = [item["text"] for item in items]
    data = {
        "warned": np.array([item["label"] == "warned" for item in items]),
        "sources": np.array([item["source"] for item in items]),
        "hard": np.array([bool(item.get("hard")) for item in items]),
        "contrast": np.arange(len(items)) >= len(dev),
    }
    warned, sources = data["warned"], data["sources"]
    trained = lambda fit: figures(held_out(fit, sources, ~data["contrast"]), data, seed)
    matches = lambda pattern: figures(np.array([float(bool(pattern.search(text))) for text in texts]), data, seed)
    result = {
        "keyword list": matches(KEYWORDS),
        "marker regex": matches(MARKERS),
        "length": trained(linear(lengths(texts), warned, 1.0, seed)),
        "position": trained(linear(positions(texts), warned, 1.0, seed)),
        "character n-grams": trained(linear(characters(texts), warned, 10.0, seed)),
        "word n-grams": trained(words(texts, warned, seed)),
    }
    if options.probe > 0:
        drawn = np.sort(np.random.default_rng(seed).permutation(len(items))[: options.probe])
        part = {name: values[drawn] for name, values in data.items()}
        residuals = mean_residuals([texts[index] for index in drawn])
        for name, fit in {"mean-residual probe": probe, "difference of means": difference_of_means}.items():
            scores = held_out(fit(residuals, part["warned"], seed), part["sources"], ~part["contrast"])
            result[name] = figures(scores, part, seed)
    text = json.dumps({"seed": seed, "threshold": THRESHOLD, "resamples": RESAMPLES, "baselines": result}, indent=2)
    if options.output is not None:
        options.output.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
