"""The schedules of the deployments, and the Prefect server and worker that run them."""
