"""Answers SageMaker's lineage calls, so that what was written for ``boto3`` reads this graph."""
