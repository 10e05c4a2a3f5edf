"""MLflow's REST protocol over the operations of the other apps."""
