"""When a deployment runs, and the Prefect server and worker that run it."""
