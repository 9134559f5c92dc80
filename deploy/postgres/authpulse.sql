-- The two databases, and a role for each service that may do what that service does and nothing else.
--
--   AUTHPULSE_SECRETS=DIR psql -v ON_ERROR_STOP=1 -f deploy/postgres/authpulse.sql     as a superuser, once, before the services
--
-- DIR (default /run/secrets) has one file with the password of each role, as deploy/make-secrets writes them.
-- What a role may do with a table, the migration says that makes it; so run this before the first migration.

\set migrate `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-migrate"`
\set refresher `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-refresher"`
\set event_store `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-event-store"`
\set health_api `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-health-api"`
\set operator `cat "${AUTHPULSE_SECRETS:-/run/secrets}/postgres-operator"`

create role authpulse_migrate login password :'migrate';
create role authpulse_refresher login password :'refresher';
create role authpulse_event_store login password :'event_store';
create role authpulse_health_api login password :'health_api';
-- For `authpulse verify`: reads both; of the vault nothing that is sealed.
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

\connect ledger
create schema ledger authorization authpulse_migrate;
grant usage on schema ledger to authpulse_event_store, authpulse_health_api, authpulse_operator;
-- It tells from when on the ledger has to be whole.
alter default privileges for role authpulse_migrate in schema public grant select on tables to authpulse_operator;
