"""Compares what vault, ledger, health and HTTP say about each connection. Reads only."""
