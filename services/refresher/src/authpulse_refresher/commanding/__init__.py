"""Answers commands: register, change, remove, disconnect, refresh, reseal, status."""
