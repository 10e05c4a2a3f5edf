"""The pages of accounts: sign-in, profile, projects, teams, people, and who may what."""
