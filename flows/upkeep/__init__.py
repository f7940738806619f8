"""The operator's tools: backup, export, documentation, accounts, migration."""
