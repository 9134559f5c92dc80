"""The vault in PostgreSQL: rows, sealed values, leases, the outbox."""
