"""Facts that machines send by the thousand."""
