"""The routes, a module for each prefix."""
