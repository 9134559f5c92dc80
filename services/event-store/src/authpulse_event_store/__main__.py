"""`python -m authpulse_event_store` runs the service."""

from authpulse_event_store.main import main

main()
