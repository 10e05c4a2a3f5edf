"""The forms of the pages of tracking: they check each field, then let an operation do it."""
