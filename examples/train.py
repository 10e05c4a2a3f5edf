"""Trains a classifier on a data set that ships with scikit-learn and registers it. Uses the stock MLflow client only.

    python examples/train.py [--trees 100] [--name cancer-risk]

Where it logs to and as whom comes from MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN.
"""

import argparse

import mlflow
import mlflow.sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

SEED = 20


def main() -> None:
    parser = argparse.ArgumentParser(description="Train and register a classifier.")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--name", default="cancer-risk", help="registered model")
    arguments = parser.parse_args()

    frame = load_breast_cancer(as_frame=True).frame
    train, test = train_test_split(frame, test_size=0.3, random_state=SEED, stratify=frame["target"])

    mlflow.set_experiment("breast-cancer")
    with mlflow.start_run() as run:
        mlflow.log_params({"trees": arguments.trees, "seed": SEED})
        mlflow.log_input(mlflow.data.from_pandas(train, name="breast-cancer", targets="target"), context="training")

        model = RandomForestClassifier(n_estimators=arguments.trees, random_state=SEED)
        model.fit(train.drop(columns="target"), train["target"])

        likelihood = model.predict_proba(test.drop(columns="target"))[:, 1]
        mlflow.log_metrics(
            {
                "auc": roc_auc_score(test["target"], likelihood),
                "f1": f1_score(test["target"], likelihood > 0.5),
                "log_loss": log_loss(test["target"], likelihood),
            }
        )
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name=arguments.name,
            input_example=test.drop(columns="target").head(3),
            skops_trusted_types=["sklearn.tree._tree.Tree"],
        )
    print(f"run {run.info.run_id} registered {arguments.name} v{logged.registered_model_version}")


if __name__ == "__main__":
    main()
