"""The file that declares connections (semantics 10): TOML in, declarations out, or every problem at once."""
