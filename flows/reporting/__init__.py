"""The report of a run, its alerts, its lines on a terminal; the state of every source."""
