-- What the roles of deploy/postgres/authpulse.sql may do here, table by table; an embedded vault has none of them. A
-- migration that makes a table says itself who gets it.

do $$
begin
    if to_regrole('authpulse_refresher') is null then
        return;
    end if;
    alter default privileges in schema vault revoke all on tables from authpulse_refresher;
    revoke all on all tables in schema vault from authpulse_refresher;
    -- A removed connection keeps its row, and with it its version and generation.
    grant select, insert, update on vault.connections, vault.due to authpulse_refresher;
    grant select, insert, update, delete on vault.tokens, vault.sign_ins, vault.kept_tokens to authpulse_refresher;
    grant select, insert, delete on vault.outbox, vault.owner_links to authpulse_refresher;
    grant select, update on vault.relay to authpulse_refresher;
end
$$;

do $$
begin
    if to_regrole('authpulse_operator') is null then
        return;
    end if;
    alter default privileges in schema vault revoke all on tables from authpulse_operator;
    revoke all on all tables in schema vault from authpulse_operator;
    -- `authpulse verify` compares these, and no more: nothing sealed, no configuration, no hash.
    grant select (connection_id, kind, name, version, removed_at, needs_reauth) on vault.connections to authpulse_operator;
    grant select (connection_id) on vault.tokens to authpulse_operator;
    grant select (outbox_id) on vault.outbox to authpulse_operator;
end
$$;
