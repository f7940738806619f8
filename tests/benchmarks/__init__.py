"""How fast the warehouse is, measured on this machine: `make bench`, or `python -m tests.benchmarks [PART…]`."""
