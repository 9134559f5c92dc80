"""Talks to identity providers: what is sent, over which wire, within which bounds and budgets."""
