"""Takes over what a real MLflow server holds, by its REST protocol."""
