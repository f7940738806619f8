"""The revisions of schema `app`, in the order of their numbers."""
