"""The journal beside the vault, for answers that are not stored yet."""
