"""The REST API over the marts: reads the tables dbt builds, keeps its users, knows nothing of how the data came."""

VERSION = "0.1.0"  # another with each release: answers that clients keep are void then
