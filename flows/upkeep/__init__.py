"""What an operator does now and then: backup, export, documentation, accounts."""
