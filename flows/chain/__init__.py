"""The work in its order: start a run, its steps, dbt, the rows a build revised."""
