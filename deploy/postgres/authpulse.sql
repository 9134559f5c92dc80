-- The two databases, and a role for each service that may do what that service does and nothing else.
--
--   AUTHPULSE_SECRETS=DIR psql -v ON_ERROR_STOP=1 -f deploy/postgres/authpulse.sql     as a superuser, once, before the services
--
-- DIR (default /run/secrets) has one file with the password of each role, as deploy/make-secrets writes them.
-- Whatever a migration adds later is covered, because authpulse_migrate makes it and its default privileges say to whom.

\set migrate `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-migrate"`
\set refresher `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-refresher"`
\set event_store `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-event-store"`
\set health_api `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-health-api"`
\set operator `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-operator"`

create role authpulse_migrate login password :'migrate';
create role authpulse_refresher login password :'refresher';
create role authpulse_event_store login password :'event_store';
create role authpulse_health_api login password :'health_api';
-- For `authpulse verify`: reads both; what it finds in the vault is sealed.
create role authpulse_operator login password :'operator';

alter role authpulse_health_api set default_transaction_read_only = on;
alter role authpulse_operator set default_transaction_read_only = on;

create database vault owner authpulse_migrate;
create database ledger owner authpulse_migrate;
revoke all on database vault, ledger from public;
grant connect on database vault to authpulse_refresher, authpulse_operator;
grant connect on database ledger to authpulse_event_store, authpulse_health_api, authpulse_operator;

\connect vault
create schema vault authorization authpulse_migrate;
grant usage on schema vault to authpulse_refresher, authpulse_operator;
alter default privileges for role authpulse_migrate in schema vault
    grant select, insert, update, delete on tables to authpulse_refresher;
alter default privileges for role authpulse_migrate in schema vault grant select on tables to authpulse_operator;

\connect ledger
create schema ledger authorization authpulse_migrate;
grant usage on schema ledger to authpulse_event_store, authpulse_health_api, authpulse_operator;
alter default privileges for role authpulse_migrate in schema ledger
    grant select, insert, update, delete on tables to authpulse_event_store;
alter default privileges for role authpulse_migrate in schema ledger
    grant select on tables to authpulse_health_api, authpulse_operator;
-- It tells from when on the ledger has to be whole.
alter default privileges for role authpulse_migrate in schema public grant select on tables to authpulse_operator;
