"""`python -m authpulse_health_api.new_key --name ci --role viewer` makes an API key."""

import argparse
import secrets
import sys
from typing import get_args

from authpulse_health_api.admission.keys import PREFIX, KeysError, line, read_keys
from authpulse_health_api.admission.principal import Role


def main() -> None:
    """Print the key, which is shown this once, and the line to keep of it."""
    parser = argparse.ArgumentParser(prog="python -m authpulse_health_api.new_key", description=main.__doc__)
    parser.add_argument("--name", required=True, help="who the key is for; the actor of its commands is key:NAME")
    parser.add_argument("--role", required=True, choices=get_args(Role), help="viewers look, admins command too")
    asked = parser.parse_args()
    key = PREFIX + secrets.token_urlsafe(32)
    kept = line(asked.name, asked.role, key)
    try:
        readable = len(read_keys(kept)) == 1
    except KeysError:
        readable = False
    if not readable or ":" in asked.name:
        parser.error("a name has neither colons, commas nor line breaks, and does not begin with #")
    sys.stdout.write(f"The key, for its user:              {key}\nThe line for AUTHPULSE_API_KEYS_FILE: {kept}\n")


if __name__ == "__main__":
    main()
