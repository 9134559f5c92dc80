-- What the roles of deploy/postgres/authpulse.sql may do here, table by table; an embedded ledger has none of them. Before
-- this, whatever was made later could be read by all: poison messages, which may hold anything, by health-api too.
-- A migration that makes a table says itself who gets it.

do $$
begin
    if to_regrole('authpulse_event_store') is null then
        return;
    end if;
    alter default privileges in schema ledger revoke all on tables from authpulse_event_store;
    revoke all on all tables in schema ledger from authpulse_event_store;
    -- What happened is added and in time forgotten, never rewritten. To lock a row takes the right to change a column of it.
    grant select, insert, delete, update (recorded_at) on ledger.events to authpulse_event_store;
    grant select, insert, update on ledger.connection_health to authpulse_event_store;
    grant select, update on ledger.position to authpulse_event_store;
    grant select, insert, delete on ledger.quarantine to authpulse_event_store;
end
$$;

do $$
begin
    if to_regrole('authpulse_health_api') is null then
        return;
    end if;
    alter default privileges in schema ledger revoke all on tables from authpulse_health_api;
    revoke all on all tables in schema ledger from authpulse_health_api;
    grant select on ledger.events, ledger.connection_health, ledger.position to authpulse_health_api;
end
$$;

do $$
begin
    if to_regrole('authpulse_operator') is null then
        return;
    end if;
    alter default privileges in schema ledger revoke all on tables from authpulse_operator;
    grant select on ledger.events, ledger.connection_health, ledger.position, ledger.quarantine to authpulse_operator;
end
$$;
