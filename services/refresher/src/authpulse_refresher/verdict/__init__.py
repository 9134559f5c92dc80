"""From what an IdP answered to what it means. Pure."""
