"""The commands of `hydrotheque`, a module for each group; `flows.cli` imports it when a command is called."""
