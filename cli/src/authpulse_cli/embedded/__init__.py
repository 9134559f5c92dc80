"""The whole system on one machine: NATS and PostgreSQL from wheels, each service its own process. For `up` alone."""
