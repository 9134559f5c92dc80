"""From a connection and what happened to it to its next row and the one event that says so. Pure."""
