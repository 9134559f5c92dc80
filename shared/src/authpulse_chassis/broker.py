"""FastStream's connection to NATS, as each service that takes messages has it."""

import logging
from typing import Any

from faststream.nats import NatsBroker
from faststream.nats.security import NatsCredentials, NatsNKey, NatsSecurity

from authpulse_chassis.bus import Access
from authpulse_contract.subjects import inbox


def new_broker(access: Access, user: str, *, name: str, logger: logging.Logger, **options: Any) -> NatsBroker:
    """Not connected yet; once it is, it reconnects for ever. `options` are further ones of `NatsBroker`."""
    return NatsBroker(
        access.servers,
        name=name,
        inbox_prefix=inbox(user),
        security=_security(access),
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        apply_types=False,
        logger=logger,
        log_level=logging.DEBUG,
        **options,
    )


def _security(access: Access) -> NatsSecurity:
    if access.credentials:
        return NatsCredentials.from_raw(
            access.credentials, ssl_context=access.tls, tls_handshake_first=access.tls_first
        )
    if access.nkey_seed:
        return NatsNKey.from_seed(access.nkey_seed, ssl_context=access.tls, tls_handshake_first=access.tls_first)
    return NatsSecurity(ssl_context=access.tls, tls_handshake_first=access.tls_first)
