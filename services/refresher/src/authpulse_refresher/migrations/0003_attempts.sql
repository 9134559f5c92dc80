-- How old a silence is: since when the outcome of a refresh may be unknown.

alter table vault.connections
    -- When the first POST since the last success was sent whose outcome nobody saw; null: there is none.
    add column unknown_since timestamptz;

alter table vault.due
    -- When the lease was given. An attempt whose lease has no end (leased_until is null) belongs to a process that is
    -- known to be dead; one whose lease has run out may belong to one that is merely paused.
    add column attempted_at timestamptz;
