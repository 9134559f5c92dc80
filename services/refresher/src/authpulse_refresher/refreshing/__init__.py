"""Refreshes what is due: one attempt from lease to stored outcome, many at once."""
