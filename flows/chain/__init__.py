"""The work in its order: the start of a run, its steps, dbt, the rows that a build revised."""
