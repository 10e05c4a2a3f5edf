"""The files that a run leaves behind: one of each kind that a page can preview."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import classification_report, confusion_matrix

from demo.datasets import Data


def write_exhibits(folder: Path, model: Any, data: Data, title: str) -> None:
    """Write reports, pictures, tables, a notebook and a page about a model into a folder."""
    found = np.asarray(model.predict(data.x_test))
    table = pd.DataFrame({"expected": data.y_test.to_numpy(), "found": found}, index=data.x_test.index)
    table = table.rename_axis("row").reset_index()
    (folder / "reports").mkdir()
    (folder / "plots").mkdir()
    (folder / "tables").mkdir()

    (folder / "reports" / "report.txt").write_text(_report(data, found))
    (folder / "reports" / "report.html").write_text(_page(title, _report(data, found)))
    (folder / "reports" / "README.md").write_text(_readme(title, data))
    (folder / "reports" / "summary.json").write_text(json.dumps(_summary(data, found), indent=2))
    (folder / "reports" / "look.ipynb").write_text(json.dumps(_notebook(title, table), indent=1))
    table.to_csv(folder / "tables" / "predictions.csv", index=False)
    data.x_test.assign(expected=data.y_test, found=found).to_parquet(folder / "tables" / "holdout.parquet")
    _picture(data, found, title).savefig(folder / "plots" / ("confusion.png" if data.labels else "residuals.png"))
    _weights(model, data, title).savefig(folder / "plots" / "features.svg")


def _report(data: Data, found: Any) -> str:
    if data.labels:
        return str(classification_report(data.y_test, found, target_names=data.labels))
    errors = pd.Series(found - data.y_test.to_numpy(), name="error")
    return f"{errors.describe().to_string()}\n"


def _summary(data: Data, found: Any) -> dict[str, Any]:
    wrong = int((found != data.y_test).sum()) if data.labels else None
    return {
        "data": {"name": data.name, "training_rows": len(data.x), "holdout_rows": len(data.x_test)},
        "labels": data.labels or None,
        "wrong": wrong,
        "features": list(data.x.columns),
    }


def _readme(title: str, data: Data) -> str:
    return (
        f"# {title}\n\nTrained on **{data.name}**: {len(data.x)} rows for training, {len(data.x_test)} held out.\n\n"
        "| part | rows |\n|---|---:|\n"
        f"| training | {len(data.x)} |\n| holdout | {len(data.x_test)} |\n\n"
        "- `reports/` says how good it is\n- `plots/` shows it\n- `tables/` has every row\n"
    )


def _page(title: str, report: str) -> str:
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title></head>"
        f"<body><h1>{title}</h1><pre>{report}</pre></body></html>\n"
    )


def _notebook(title: str, table: pd.DataFrame) -> dict[str, Any]:
    code = "import pandas as pd\n\ntable = pd.read_csv('predictions.csv')\ntable.head()"
    shown = {"text/plain": [table.head().to_string()], "text/html": [table.head().to_html()]}
    return {
        "cells": [
            {
                "cell_type": "markdown",
                "metadata": {},
                "source": [f"# {title}\n", "A first look."],
            },
            {
                "cell_type": "code",
                "execution_count": 1,
                "metadata": {},
                "source": code.splitlines(keepends=True),
                "outputs": [
                    {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": shown},
                ],
            },
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _picture(data: Data, found: Any, title: str) -> Figure:
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    if data.labels:
        matrix = confusion_matrix(data.y_test, found)
        axes.imshow(matrix, cmap="Blues")
        for (row, column), count in np.ndenumerate(matrix):
            axes.text(
                column, row, count, ha="center", va="center", color="white" if count > matrix.max() / 2 else "black"
            )
        axes.set(xlabel="found", ylabel="expected", xticks=range(len(data.labels)), yticks=range(len(data.labels)))
        axes.set_xticklabels(data.labels, rotation=30)
        axes.set_yticklabels(data.labels)
    else:
        axes.scatter(data.y_test, found, s=10)
        axes.axline((150, 150), slope=1, color="grey", linewidth=1)
        axes.set(xlabel="expected", ylabel="found")
    axes.set_title(title)
    return figure


def _weights(model: Any, data: Data, title: str) -> Figure:
    weights = getattr(model, "feature_importances_", None)
    if weights is None:
        coefficients = getattr(model, "coef_", None)
        if coefficients is None:
            coefficients = model.coefs_[0].T if hasattr(model, "coefs_") else data.x.to_numpy()
        weights = np.abs(np.atleast_2d(coefficients)).mean(axis=0)
    top = np.argsort(weights)[-12:]
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.barh([str(data.x.columns[i]) for i in top], weights[top])
    axes.set_title(f"{title}: what counts most")
    return figure
