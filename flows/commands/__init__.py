"""The commands of `hydrotheque`, a module a group; `flows.cli` imports a module when its command is called."""
