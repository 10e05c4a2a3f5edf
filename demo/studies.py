"""Trains, for real, on bundled data: sweeps, nightly runs, curves, and runs that fail or are still at it."""

import itertools
import random
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, Ridge, SGDClassifier
from sklearn.metrics import accuracy_score, f1_score, log_loss, mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from demo.access import Access
from demo.datasets import SEED, Data, load
from demo.logbook import Curves, Logbook, Trained, logbook
from demo.progress import Progress

_EPOCHS = 15


def run_studies(access: Access, progress: Progress) -> None:
    """All experiments but those that the registered models come from."""
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    warnings.filterwarnings("ignore", message="Hint: Inferred schema contains integer column")
    for writer, project, experiment, note, study in _STUDIES:
        with logbook(access, progress, writer, project, experiment, note=note, team=project) as book:
            study(book)


# --- Winery -----------------------------------------------------------------------------------------------------------


def _cultivar_nightly(book: Logbook, count: int = 800) -> None:
    """A small linear model, trained every night on what came in, for months."""
    wine = load("wine")
    chance = random.Random(1)
    for number in book.some(range(1, count + 1)):
        name, days_ago = f"nightly-{number:04}", (count - number) / 8 + 0.2
        settings = {"alpha": chance.choice([1e-4, 3e-4, 1e-3]), "loss": "log_loss", "seed": number}
        if book.has(name):
            continue
        began, some = time.perf_counter(), np.random.default_rng(number).choice(len(wine.x), len(wine.x) * 3 // 4)
        model = SGDClassifier(alpha=settings["alpha"], loss="log_loss", random_state=number)
        curves, failed = _epochs(model, wine, some, _EPOCHS), chance.random() < 0.03
        if failed:
            curves = {key: values[:7] for key, values in curves.items()}
        book.add(
            Trained(
                name,
                days_ago,
                20 + (time.perf_counter() - began) * 100,
                params=settings | {"epochs": _EPOCHS, "rows": len(some)},
                metrics={} if failed else _scores(model, wine),
                curves=curves,
                tags={"trigger": "schedule", "host": f"worker-{number % 4 + 1}"}
                | ({"error": "MemoryError: the worker was out of memory in epoch 7"} if failed else {}),
                status="FAILED" if failed else "FINISHED",
                inputs=wine.inputs[:1] if number % 10 == 0 else [],
            )
        )


def _cultivar_kernel_grid(book: Logbook) -> None:
    """A grid over the two settings of a support vector machine."""
    wine = load("wine")
    parent = _sweep(book, "kernel grid", 3.1, "C and gamma of an RBF kernel, 16 by 14.", wine)
    grid = itertools.product(np.logspace(-2, 3, 16), np.logspace(-4, 1, 14))
    for i, (c, gamma) in book.some(enumerate(grid)):
        name = f"rbf-{i:03}"
        if book.has(name):
            continue
        model = SVC(C=c, gamma=gamma, random_state=SEED).fit(wine.x, wine.y)
        params = {"C": f"{c:.4g}", "gamma": f"{gamma:.4g}", "kernel": "rbf"}
        metrics = _scores(model, wine) | {"support_vectors": float(model.n_support_.sum())}
        book.add(Trained(name, 3.1 - i / 4000, 4, params, metrics, tags={"sweep": "grid"}, parent=parent))


# --- Oncology ---------------------------------------------------------------------------------------------------------


def _tumour_forest_sweep(book: Logbook, count: int = 140) -> None:
    """A random search over five settings of a forest."""
    cancer = load("breast-cancer")
    chance = random.Random(5)
    parent = _sweep(book, "forest search", 6.4, "Random search over five settings of a forest.", cancer)
    for i in book.some(range(count)):
        params = {
            "trees": chance.choice([10, 20, 40, 60]),
            "max_depth": chance.choice([2, 3, 4, 6, 8, 12]),
            "min_samples_leaf": chance.choice([1, 2, 4, 8, 16]),
            "max_features": round(chance.uniform(0.1, 1.0), 2),
            "criterion": chance.choice(["gini", "entropy"]),
        }
        name = f"forest-{i:03}"
        if book.has(name):
            continue
        began = time.perf_counter()
        settings = {key: value for key, value in params.items() if key != "trees"}
        model = ExtraTreesClassifier(params["trees"], random_state=SEED, **settings).fit(cancer.x, cancer.y)
        took = time.perf_counter() - began
        metrics = _scores(model, cancer) | {"log_loss": _loss(model, cancer), "fit_seconds": took}
        book.add(Trained(name, 6.4 - i / 800, took * 400, params, metrics, tags={"sweep": "random"}, parent=parent))


# --- Post sorting -----------------------------------------------------------------------------------------------------


def _digit_linear_sweep(book: Logbook) -> None:
    """Curves of many linear models beside one another."""
    digits = load("digits")
    everything = np.arange(len(digits.x))
    penalties, rates = ["l2", "l1", "elasticnet"], [0.001, 0.003, 0.01, 0.03, 0.1]
    parent = _sweep(book, "linear sweep", 9.2, "Penalty, strength and learning rate, with curves.", digits)
    grid = itertools.product(penalties, np.logspace(-5, -2, 6), rates)
    for i, (penalty, alpha, rate) in book.some(enumerate(grid)):
        name = f"linear-{i:03}"
        if book.has(name):
            continue
        model = SGDClassifier(
            loss="log_loss", penalty=penalty, alpha=alpha, learning_rate="constant", eta0=rate, random_state=SEED
        )
        curves = _epochs(model, digits, everything, 15)
        params = {"penalty": penalty, "alpha": f"{alpha:.3g}", "eta0": rate, "epochs": 15}
        book.add(Trained(name, 9.2 - i / 900, 95, params, _scores(model, digits), curves, parent=parent))


def _digit_networks(book: Logbook) -> None:
    """Neural networks with a value for each epoch: most end well, one blows up, two are still at it."""
    digits = load("digits")
    layouts = [(32,), (64,), (96,), (64, 32)]
    grid = itertools.product(layouts, [0.0005, 0.002, 0.01, 0.5])
    for i, (layout, rate) in book.some(enumerate(grid)):
        name = f"network-{'x'.join(map(str, layout))}-{rate:g}"
        if book.has(name):
            continue
        model = MLPClassifier(layout, learning_rate_init=rate, random_state=SEED)
        curves = _epochs(model, digits, np.arange(len(digits.x)), 40)
        blown = rate > 0.1
        params = {"hidden_layers": "x".join(map(str, layout)), "learning_rate": rate, "optimizer": "adam"}
        book.add(
            Trained(
                name,
                12 - i / 3,
                1500 + 300 * len(layout),
                params,
                {} if blown else _scores(model, digits),
                curves,
                tags={"gpu": "none"} | ({"error": "Stopped by hand: the loss grows."} if blown else {}),
                status="KILLED" if blown else "FINISHED",
                inputs=digits.inputs,
            )
        )
    for name, epochs in (("network-128-live", 18), ("network-256-live", 4)):
        if book.has(name):
            continue
        model = MLPClassifier((int(name.split("-")[1]),), learning_rate_init=0.001, random_state=SEED)
        curves = _epochs(model, digits, np.arange(len(digits.x)), epochs)
        params = {"hidden_layers": name.split("-")[1], "learning_rate": 0.001, "epochs": 60}
        book.add(Trained(name, 0.01, 600, params, {}, curves, status="RUNNING", inputs=digits.inputs))


def _digit_long_run(book: Logbook, steps: int = 20_000, rate: float = 0.002) -> None:
    """One long run with a value for each step: softmax regression, one picture at a time."""
    name = "every-single-step"
    if book.has(name):
        return
    digits = load("digits")
    x, y, chance = digits.x.to_numpy(), digits.y.to_numpy(), np.random.default_rng(SEED)
    weights, losses, sizes = np.zeros((x.shape[1], 10)), [], []
    for row in chance.integers(len(x), size=steps):
        likelihood = np.exp(x[row] @ weights)
        likelihood /= likelihood.sum()
        losses.append(float(-np.log(likelihood[y[row]])))
        likelihood[y[row]] -= 1
        weights -= rate * np.outer(x[row], likelihood)
        sizes.append(float(np.abs(weights).sum()))
    right = (digits.x_test.to_numpy() @ weights).argmax(axis=1) == digits.y_test.to_numpy()
    book.add(
        Trained(
            name,
            1.4,
            7200,
            {"rate": rate, "batch_size": 1},
            {"accuracy": float(right.mean())},
            {"train/loss": losses, "weights/l1": sizes},
            tags={"mlflow.note.content": "A value for **each** of 20 000 steps: the loss of single pictures is noisy."},
        )
    )


# --- Diabetes care ----------------------------------------------------------------------------------------------------


def _progression_sweep(book: Logbook) -> None:
    """A grid over mix and strength of an elastic net."""
    diabetes = load("diabetes")
    parent = _sweep(book, "elastic net grid", 4.7, "Strength and mix of the penalty, 20 by 15.", diabetes)
    grid = itertools.product(np.logspace(-3, 2, 20), np.linspace(0.02, 1, 15))
    for i, (alpha, mix) in book.some(enumerate(grid)):
        name = f"net-{i:03}"
        if book.has(name):
            continue
        model = ElasticNet(alpha=alpha, l1_ratio=mix, random_state=SEED, max_iter=500).fit(diabetes.x, diabetes.y)
        params = {"alpha": f"{alpha:.4g}", "l1_ratio": f"{mix:.2f}"}
        metrics = _errors(model, diabetes) | {"features_used": float((model.coef_ != 0).sum())}
        book.add(Trained(name, 4.7 - i / 5000, 3, params, metrics, tags={"sweep": "grid"}, parent=parent))


def _progression_bootstrap(book: Logbook, count: int = 402) -> None:
    """How much the error of one model moves with the patients it happened to see."""
    diabetes = load("diabetes")
    for number in book.some(range(count)):
        name = f"bootstrap-{number:03}"
        if book.has(name):
            continue
        rows = np.random.default_rng(number).choice(len(diabetes.x), len(diabetes.x))
        model = Ridge(alpha=1.0).fit(diabetes.x.iloc[rows], diabetes.y.iloc[rows])
        params = {"alpha": 1.0, "sample": number, "rows": len(rows)}
        book.add(Trained(name, 15 - number / 200, 2, params, _errors(model, diabetes), tags={"purpose": "uncertainty"}))


# --- What they share --------------------------------------------------------------------------------------------------


def _sweep(book: Logbook, name: str, days_ago: float, note: str, data: Data) -> str:
    """Log the run that stands above the runs of a sweep, and return its id."""
    params = {"search": name.rsplit(maxsplit=1)[-1], "data": data.name}
    tags = {"mlflow.note.content": note}
    return book.write(Trained(name, days_ago, 3600, params, tags=tags, inputs=data.inputs))


def _epochs(model: Any, data: Data, rows: Any, epochs: int) -> Curves:
    """Train epoch by epoch and note how it goes."""
    x, y = data.x.to_numpy()[rows], data.y.to_numpy()[rows]
    x_test, y_test = data.x_test.to_numpy(), data.y_test.to_numpy()
    curves: Curves = {"train/loss": [], "train/accuracy": [], "valid/loss": [], "valid/accuracy": []}
    for _ in range(epochs):
        model.partial_fit(x, y, classes=data.classes)
        for part, (features, labels) in {"train": (x, y), "valid": (x_test, y_test)}.items():
            likelihood = np.nan_to_num(model.predict_proba(features), nan=1 / len(data.classes))
            curves[f"{part}/loss"].append(_cross_entropy(likelihood, labels))
            curves[f"{part}/accuracy"].append(float((likelihood.argmax(axis=1) == labels).mean()))
    _named(model, data)
    return curves


def _cross_entropy(likelihood: Any, labels: Any) -> float:
    return float(-np.log(np.clip(likelihood[np.arange(len(labels)), labels], 1e-9, 1)).mean())


def _named(model: Any, data: Data) -> Any:
    """A model that was trained on bare arrays, told how the columns are called."""
    model.feature_names_in_ = data.x.columns.to_numpy()
    return model


def scores_of(model: Any, data: Data) -> dict[str, float]:
    """How good a model is on the rows that were held out."""
    return _scores(model, data) if data.labels else _errors(model, data)


def _scores(model: Any, data: Data) -> dict[str, float]:
    found = model.predict(data.x_test)
    return {
        "accuracy": float(accuracy_score(data.y_test, found)),
        "f1_macro": float(f1_score(data.y_test, found, average="macro")),
    }


def _loss(model: Any, data: Data) -> float:
    return float(log_loss(data.y_test, model.predict_proba(data.x_test)))


def _errors(model: Any, data: Data) -> dict[str, float]:
    found = model.predict(data.x_test)
    return {
        "rmse": float(root_mean_squared_error(data.y_test, found)),
        "mae": float(mean_absolute_error(data.y_test, found)),
        "r2": float(r2_score(data.y_test, found)),
    }


Study = Callable[[Logbook], None]
_STUDIES: tuple[tuple[str, str, str, str, Study], ...] = (
    ("winery-nightly", "winery", "cultivar-nightly", "Trained **every night** by the scheduler.", _cultivar_nightly),
    ("zoe", "winery", "cultivar-kernels", "Which kernel suits thirteen figures?", _cultivar_kernel_grid),
    ("tomas", "oncology", "tumour-forests", "Search for the forest that replaces v2.", _tumour_forest_sweep),
    ("mei", "post-sorting", "digit-linear", "How far does a linear model go?", _digit_linear_sweep),
    ("zoe", "post-sorting", "digit-networks", "Small networks, on the processor.", _digit_networks),
    ("mei", "post-sorting", "digit-long-run", "One run with 20 000 steps.", _digit_long_run),
    ("zoe", "diabetes-care", "progression-nets", "Elastic nets on ten figures.", _progression_sweep),
    ("amara", "diabetes-care", "progression-bootstrap", "How sure is the error?", _progression_bootstrap),
)
