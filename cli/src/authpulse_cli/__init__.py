"""The operator's command `authpulse`."""
