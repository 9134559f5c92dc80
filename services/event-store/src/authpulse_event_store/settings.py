"""The event-store's settings: one Struct, read once."""

from typing import Annotated

from msgspec import Meta

from authpulse_chassis.bus import BusSettings
from authpulse_chassis.kinds import DatabaseUrl, LogLevel, ProbeAddress


class Settings(BusSettings, frozen=True, kw_only=True):
    """Read from `AUTHPULSE_<MEMBER>` or the file named by `AUTHPULSE_<MEMBER>_FILE`."""

    database_url: DatabaseUrl
    log_level: LogLevel = "INFO"
    probe: ProbeAddress = None
    migrate: Annotated[
        bool, Meta(description="Whether to bring schema `ledger` up to date at start: true or false.")
    ] = True
    retention_days: Annotated[
        int, Meta(ge=1, description="Days that events are kept; the newest of each connection is kept for ever.")
    ] = 90
    stream_days: Annotated[
        int | None,
        Meta(ge=0, description="Days that the stream keeps events, 0 for ever; unset: as the stream has it."),
    ] = None
