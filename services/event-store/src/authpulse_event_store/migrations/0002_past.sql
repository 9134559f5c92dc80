-- What health was at some time is found by walking a connection's events back to that time: in the index alone, now
-- that it has the times. One index as before, so that appending costs what it did.
alter table ledger.events
    drop constraint events_connection_kind_connection_name_version_key,
    add unique (connection_kind, connection_name, version) include (occurred_at);
