-- At that time the stream held nothing that the ledger does not hold now. It moves while nothing happens, too: readers
-- tell a quiet time by it from an event-store that is away.
create table ledger.caught_up (
    single boolean primary key default true check (single),
    caught_up_at timestamptz not null default clock_timestamp()
);
insert into ledger.caught_up default values;

-- As in 0003_least_privilege.sql, role by role.
do $$
begin
    if to_regrole('authpulse_event_store') is not null then
        grant select, update on ledger.caught_up to authpulse_event_store;
    end if;
    if to_regrole('authpulse_health_api') is not null then
        grant select on ledger.caught_up to authpulse_health_api;
    end if;
    if to_regrole('authpulse_operator') is not null then
        grant select on ledger.caught_up to authpulse_operator;
    end if;
end
$$;
