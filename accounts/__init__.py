"""People, teams, service accounts, tokens, roles and grants."""
