"""`python -m authpulse_health_api`"""

from authpulse_health_api.main import main

main()
