"""The intent model: regularised logistic regression over sentence vectors and character n-grams.

It knows nothing of Rasa, so that benchmarks and the evaluation use the very same code as the assistant.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
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
NEAREST = 3


@dataclass(frozen=True)
class Neighbour:
    """A training example near a message."""

    text: str
    intent: str
    similarity: float


@dataclass(frozen=True)
class Prediction:
    """What the model thinks of one message.

    Attributes:
        ranking: (intent, calibrated probability), most probable first, over all intents.
        nearest: the closest training examples by cosine, closest first.
        certainty: how far to trust the first intent, from 0 to 1: its probability before calibration times
            the cosine of the nearest example. Calibrated probabilities crowd at 1, where strangers hide
            among the familiar; and a message unlike all examples is trusted less, however sure the model.
    """

    ranking: list[tuple[str, float]]
    nearest: list[Neighbour]
    certainty: float


@dataclass(frozen=True)
class IntentModel:
    """A fitted model; everything in it is an array or text, nothing is pickled."""

    intents: list[str]
    weights: Matrix
    bias: Matrix
    temperature: float
    vectorizers: dict[str, TfidfVectorizer]
    examples: list[str]
    example_intents: list[str]
    example_vectors: Matrix

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
        vectorizers = {name: TfidfVectorizer(dtype=np.float32, **how) for name, how in NGRAMS.items()}
        for vectorizer in vectorizers.values():
            vectorizer.fit([_fold(text) for text in texts])
        ngrams = _ngrams(texts, vectorizers)
        root = _root_of_gram_matrix(vectors, ngrams)
        temperature = _fit_temperature(root, labels)
        in_root, bias = _coefficients(_fit_classifier(root, labels))
        combined = solve_triangular(root, in_root, lower=True, trans="T")
        weights = np.vstack([vectors.T @ combined, ngrams.T @ combined]).astype(np.float32)
        return cls(
            intents=names,
            weights=weights,
            bias=bias,
            temperature=temperature,
            vectorizers=vectorizers,
            examples=list(texts),
            example_intents=list(intents),
            example_vectors=_rounded(vectors),
        )

    def predict(self, texts: Sequence[str], vectors: Vectors) -> list[Prediction]:
        """Rank all intents for each text, given its sentence vectors of shape (n, d)."""
        size = vectors.shape[1]
        logits = vectors @ self.weights[:size] + self.bias
        logits += _ngrams(texts, self.vectorizers) @ self.weights[size:]
        probabilities = softmax(logits / self.temperature, axis=1)
        untempered = softmax(logits, axis=1).max(axis=1)
        similarities = vectors @ self.example_vectors.T
        return [
            Prediction(
                ranking=[(self.intents[i], float(row[i])) for i in np.argsort(-row)],
                nearest=self._nearest(near),
                certainty=float(first * np.clip(near.max(), 0, 1)),
            )
            for row, near, first in zip(probabilities, similarities, untempered, strict=True)
        ]

    def _nearest(self, similarities: npt.NDArray[np.float32]) -> list[Neighbour]:
        count = min(NEAREST, len(similarities))
        best = np.argpartition(-similarities, count - 1)[:count]
        best = best[np.argsort(-similarities[best])]
        return [Neighbour(self.examples[i], self.example_intents[i], float(similarities[i])) for i in best]

    def save(self, folder: Path) -> None:
        """Write the model as one JSON and one npz file into an existing folder."""
        header = {
            "intents": self.intents,
            "temperature": self.temperature,
            "examples": self.examples,
            "example_intents": self.example_intents,
            "vocabularies": {
                name: sorted(v.vocabulary_, key=v.vocabulary_.__getitem__)
                for name, v in self.vectorizers.items()
            },
        }
        (folder / "model.json").write_text(json.dumps(header), encoding="utf-8")
        np.savez(
            folder / "model.npz",
            weights=self.weights,
            bias=self.bias,
            example_vectors=self.example_vectors.astype(np.float16),
            **{f"idf_{name}": v.idf_ for name, v in self.vectorizers.items()},
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
                vectorizers=vectorizers,
                examples=header["examples"],
                example_intents=header["example_intents"],
                example_vectors=arrays["example_vectors"].astype(np.float32),
            )


def fingerprint() -> str:
    """Changes when the way of training does; Rasa sees only the code of its components."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _rounded(vectors: Vectors) -> Matrix:
    """As they are stored: a trained model and a loaded one must agree."""
    rounded: Matrix = vectors.astype(np.float16).astype(np.float32)
    return rounded


def _fold(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


def _ngrams(texts: Sequence[str], vectorizers: dict[str, TfidfVectorizer]) -> sparse.csr_matrix:
    folded = [_fold(text) for text in texts]
    return sparse.hstack([v.transform(folded) * NGRAM_WEIGHT for v in vectorizers.values()], format="csr")


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
