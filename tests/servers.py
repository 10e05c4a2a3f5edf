"""Pytest plugin that decides, before Django reads its settings, which servers the tests run against."""

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="stagekeeper-tests-"))
