"""What a run reports: its report, alerts, lines on a terminal; the state of every source."""
