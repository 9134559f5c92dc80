"""Serves connection health over HTTP from memory; owns nothing."""
