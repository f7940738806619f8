"""The programs that the container image starts."""
