"""An authorization server that none of us wrote (django-oauth-toolkit), as a real process on loopback.

`program` is the server, as its documentation says to set it up; `driver` starts it and signs in as a browser would.
"""
