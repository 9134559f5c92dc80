"""Appends auth events, once each, and projects one health row per connection."""
