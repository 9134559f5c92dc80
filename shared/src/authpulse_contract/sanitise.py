"""Makes a string that a stranger sent safe to show, log and store (semantics 3)."""
