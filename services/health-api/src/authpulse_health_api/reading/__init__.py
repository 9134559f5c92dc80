"""Answers that change nothing: all rows, the stream, one connection, incidents."""
