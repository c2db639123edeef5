"""The intent model: regularised logistic regression over sentence vectors and character n-grams.

It knows nothing of Rasa, so that benchmarks and the evaluation use the very same code as the assistant.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from engine.encoders import Vectors

Matrix = npt.NDArray[np.float32]

NGRAMS: dict[str, dict[str, Any]] = {
    "word": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
    "char": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2},
}
NGRAM_WEIGHT = 0.5
REGULARISATION_C = 10.0
CALIBRATION_FOLDS = 3
# So many held-out examples fix one number well enough; further folds would only cost time.
CALIBRATION_EXAMPLES = 1000


@dataclass(frozen=True)
class Prediction:
    """What the model thinks of one message.

    Attributes:
        ranking: (intent, calibrated probability), most probable first, over all intents.
        untempered: the first intent's probability before calibration.
    """

    ranking: list[tuple[str, float]]
    untempered: float


class Ngrams:
    """TF-IDF of words and of characters in words, as one sparse row a text, each half of length 1."""

    def __init__(self, vectorizers: dict[str, TfidfVectorizer]) -> None:
        self.vectorizers = vectorizers
        self._fast: list[tuple[Callable[[str], list[str]], dict[str, int], Matrix, int]] = []
        offset = 0
        for vectorizer in vectorizers.values():
            idf = np.asarray(vectorizer.idf_, dtype=np.float32)
            self._fast.append((vectorizer.build_analyzer(), vectorizer.vocabulary_, idf, offset))
            offset += len(idf)

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Ngrams:
        """Learn the n-grams of training texts."""
        vectorizers = {name: TfidfVectorizer(dtype=np.float32, **how) for name, how in NGRAMS.items()}
        for vectorizer in vectorizers.values():
            vectorizer.fit([_fold(text) for text in texts])
        return cls(vectorizers)

    def rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Shape (n, n-grams)."""
        folded = [_fold(text) for text in texts]
        return sparse.hstack(
            [v.transform(folded) * NGRAM_WEIGHT for v in self.vectorizers.values()], format="csr"
        )

    def times(self, texts: Sequence[str], weights: Matrix) -> Matrix:
        """`rows(texts) @ weights`, many times faster for a few texts than through sparse matrices."""
        return np.vstack([self._times(_fold(text), weights) for text in texts])

    def _times(self, text: str, weights: Matrix) -> Matrix:
        total = np.zeros(weights.shape[1], dtype=np.float32)
        for analyse, vocabulary, idf, offset in self._fast:
            counts = Counter(place for term in analyse(text) if (place := vocabulary.get(term)) is not None)
            if counts:
                places = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
                values = np.fromiter(counts.values(), dtype=np.float32, count=len(counts)) * idf[places]
                total += (values * (NGRAM_WEIGHT / np.linalg.norm(values))) @ weights[places + offset]
        return total


@dataclass(frozen=True)
class IntentModel:
    """A fitted model; everything in it is an array or text, nothing is pickled."""

    intents: list[str]
    weights: Matrix
    bias: Matrix
    temperature: float
    ngrams: Ngrams

    @classmethod
    def fit(cls, texts: Sequence[str], intents: Sequence[str], vectors: Vectors) -> IntentModel:
        """Train on texts with their intents and sentence vectors of shape (n, d).

        Raises:
            ValueError: fewer than two intents.
        """
        names = sorted(set(intents))
        if len(names) < 2:
            raise ValueError("An intent model needs examples of at least two intents.")
        labels = np.searchsorted(names, intents)
        ngrams = Ngrams.fit(texts)
        rows = ngrams.rows(texts)
        root = _root_of_gram_matrix(vectors, rows)
        temperature = _fit_temperature(root, labels)
        in_root, bias = _coefficients(_fit_classifier(root, labels))
        combined = solve_triangular(root, in_root, lower=True, trans="T")
        weights = np.vstack([vectors.T @ combined, rows.T @ combined]).astype(np.float32)
        return cls(intents=names, weights=weights, bias=bias, temperature=temperature, ngrams=ngrams)

    def predict(self, texts: Sequence[str], vectors: Vectors) -> list[Prediction]:
        """Rank all intents for each text, given its sentence vectors of shape (n, d)."""
        size = vectors.shape[1]
        logits = vectors @ self.weights[:size] + self.bias
        logits += self.ngrams.times(texts, self.weights[size:])
        probabilities = softmax(logits / self.temperature, axis=1)
        untempered = softmax(logits, axis=1).max(axis=1)
        return [
            Prediction([(self.intents[i], float(row[i])) for i in np.argsort(-row)], float(first))
            for row, first in zip(probabilities, untempered, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write the model as one JSON and one npz file into an existing folder."""
        header = {
            "intents": self.intents,
            "temperature": self.temperature,
            "vocabularies": {
                name: sorted(v.vocabulary_, key=v.vocabulary_.__getitem__)
                for name, v in self.ngrams.vectorizers.items()
            },
        }
        (folder / "model.json").write_text(json.dumps(header), encoding="utf-8")
        np.savez(
            folder / "model.npz",
            weights=self.weights,
            bias=self.bias,
            **{f"idf_{name}": v.idf_ for name, v in self.ngrams.vectorizers.items()},
        )

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what `save` wrote.

        Raises:
            OSError: a file is missing.
            ValueError: a file is damaged.
        """
        header = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            vectorizers = {}
            for name, terms in header["vocabularies"].items():
                vectorizer = TfidfVectorizer(dtype=np.float32, vocabulary=terms, **NGRAMS[name])
                vectorizer.idf_ = arrays[f"idf_{name}"]
                vectorizers[name] = vectorizer
            return cls(
                intents=header["intents"],
                weights=arrays["weights"],
                bias=arrays["bias"],
                temperature=header["temperature"],
                ngrams=Ngrams(vectorizers),
            )


def fingerprint() -> str:
    """Changes when the way of training does; Rasa sees only the code of its components."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _fold(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


def _root_of_gram_matrix(vectors: Vectors, ngrams: sparse.csr_matrix) -> Matrix:
    """The Cholesky factor of the examples' inner products, shape (n, n).

    Fitting on its rows gives the same classifier as fitting on the features themselves, of which there are
    ten times as many: minutes become seconds.
    """
    gram = vectors @ vectors.T + (ngrams @ ngrams.T).toarray()
    gram[np.diag_indices_from(gram)] += 1e-3
    root: Matrix = cholesky(gram.astype(np.float64), lower=True).astype(np.float32)
    return root


def _fit_classifier(features: Matrix, labels: npt.NDArray[np.intp]) -> LogisticRegression:
    # Balanced, because the large classes (out of scope, personal advice) are large by our choice of
    # examples and not because patients ask that more often.
    return LogisticRegression(C=REGULARISATION_C, class_weight="balanced", max_iter=200, tol=1e-3).fit(
        features, labels
    )


def _coefficients(classifier: LogisticRegression) -> tuple[Matrix, Matrix]:
    weights, bias = classifier.coef_, classifier.intercept_
    if weights.shape[0] == 1:  # scikit-learn keeps one row for two classes
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return weights.T.astype(np.float32), bias.astype(np.float32)


def _fit_temperature(features: Matrix, labels: npt.NDArray[np.intp]) -> float:
    """Choose the softmax temperature by the log loss of held-out folds (Guo et al., ICML 2017)."""
    folds = min(CALIBRATION_FOLDS, int(np.bincount(labels).min()))
    if folds < 2:
        return 1.0
    held_out: list[Matrix] = []
    truth: list[npt.NDArray[np.intp]] = []
    splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
    for train, test in splitter.split(features, labels):
        weights, bias = _coefficients(_fit_classifier(features[train], labels[train]))
        held_out.append(features[test] @ weights + bias)
        truth.append(labels[test])
        if sum(map(len, truth)) >= CALIBRATION_EXAMPLES:
            break
    logits, wanted = np.vstack(held_out), np.concatenate(truth)

    def log_loss(log_temperature: float) -> float:
        probabilities = softmax(logits / np.exp(log_temperature), axis=1)
        return float(-np.log(probabilities[np.arange(len(wanted)), wanted] + 1e-12).mean())

    return float(np.exp(minimize_scalar(log_loss, bounds=(-3, 3), method="bounded").x))
