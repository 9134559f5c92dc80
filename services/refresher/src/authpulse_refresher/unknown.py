"""What to do where nobody saw whether the IdP obeyed (semantics 1): what still counts, and when to try again."""

from authpulse_refresher.model import Connection


def counts(connection: Connection, generation: int, *, held: bool, issued: bool) -> bool:
    """Whether the outcome of an attempt with the grant of `generation` may be stored upon `connection`.

    `held`: nobody has taken the connection over since. Tokens (`issued`) count even otherwise, as long as the grant
    that they descend from is the stored one; a refusal does not, because the other attempt may be what made the IdP
    refuse this one. Tokens even revive a grant that was given up as lost for want of this very answer.
    """
    if connection.generation == generation:
        return held or issued
    given_up = connection.needs_reauth and connection.outcome_unknown and connection.tokens is None
    return issued and given_up and not connection.removed and connection.generation == generation + 1
