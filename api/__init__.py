"""The REST API over the marts: reads the tables dbt builds, keeps its users, knows nothing of how the data came."""
