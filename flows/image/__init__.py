"""What the container image starts."""
