"""Refreshes OAuth tokens before they end, tells final refusals from passing ones, publishes each outcome."""
