"""`python -m authpulse_refresher` runs the service."""

from authpulse_refresher.main import main

main()
