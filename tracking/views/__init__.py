"""The pages of tracking."""
