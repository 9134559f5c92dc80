-- Grants that have ended by themselves are found although their IdP must be left alone. Both indexes are cheap to look
-- in: such a grant is deleted as soon as it is found.

create index tokens_by_refresh_end on vault.tokens (refresh_expires_at) where refresh_token is not null;
create index tokens_by_end on vault.tokens (expires_at) where refresh_token is null;
