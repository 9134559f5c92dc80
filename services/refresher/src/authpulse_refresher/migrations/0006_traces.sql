-- Which trace an event belongs to, for the relay to go on with (W3C Trace Context); null: none.
alter table vault.outbox
    add column traceparent text,
    add column tracestate text;
