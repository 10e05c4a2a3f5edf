"""The data sets that ship with scikit-learn, split once, and how a run says that it read them."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import InputTag
from mlflow.entities.dataset_input import DatasetInput
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

SEED = 20
_LOADERS = {
    "wine": (datasets.load_wine, "https://archive.ics.uci.edu/dataset/109/wine"),
    "breast-cancer": (datasets.load_breast_cancer, "https://archive.ics.uci.edu/dataset/17/breast"),
    "digits": (datasets.load_digits, "https://archive.ics.uci.edu/dataset/80/digits"),
    "diabetes": (datasets.load_diabetes, "https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html"),
}


@dataclass(frozen=True)
class Data:
    """One data set, in two parts, with features of like scale."""

    name: str
    x: pd.DataFrame
    y: pd.Series
    x_test: pd.DataFrame
    y_test: pd.Series
    labels: list[str]
    inputs: list[DatasetInput]

    @property
    def classes(self) -> Any:
        """Every label there is."""
        return np.unique(self.y)


@cache
def load(name: str) -> Data:
    """Read a data set from scikit-learn, without a network."""
    loader, source = _LOADERS[name]
    bunch = loader(as_frame=True)
    discrete = name != "diabetes"
    x, x_test, y, y_test = train_test_split(
        bunch.data, bunch.target, test_size=0.3, random_state=SEED, stratify=bunch.target if discrete else None
    )
    scaler = StandardScaler().set_output(transform="pandas").fit(x)
    x, x_test = scaler.transform(x), scaler.transform(x_test)
    inputs = [
        _input(x.assign(target=y), name, source, "training"),
        _input(x_test.assign(target=y_test), f"{name}-holdout", source, "evaluation"),
    ]
    labels = [str(label) for label in bunch.target_names] if discrete else []
    return Data(name, x, y, x_test, y_test, labels, inputs)


def _input(frame: pd.DataFrame, name: str, source: str, context: str) -> DatasetInput:
    dataset = from_pandas(frame, source=source, name=name, targets="target")
    return DatasetInput(dataset._to_mlflow_entity(), tags=[InputTag("mlflow.data.context", context)])
