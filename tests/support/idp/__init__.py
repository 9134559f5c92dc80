"""A real OAuth token endpoint on loopback whose books can be read and whose manners can be scripted.

with Idp() as idp:
    crm = idp.client("crm", secret="s3cret")
    token = crm.issue()                      # a refresh token, legitimately issued
    crm.next(Answer.error(503), Hang())      # the next two POSTs
    ...                                      # declare a connection with crm.token_url, run the refresher
    assert [post.outcome for post in crm.posts] == ["Answer", "Hang", "issued"]
"""

from support.idp.books import Client, Post
from support.idp.manners import Answer, Delay, Hang, Manner, Raw, Reset, Sent, Slow
from support.idp.server import Idp

__all__ = ["Answer", "Client", "Delay", "Hang", "Idp", "Manner", "Post", "Raw", "Reset", "Sent", "Slow"]
