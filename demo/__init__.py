"""Fills a running Stagekeeper with a realistic estate, through its public API and the stock client: `make demo`."""
