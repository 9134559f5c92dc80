"""Who is let in, and as what: keys, an issuer's tokens, sessions, roles."""
