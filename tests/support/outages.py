"""Takes a test's own database away from everybody, and gives it back, without touching those of other tests."""

import psycopg


class DatabaseOutage:
    """`begin` ends every connection to the database and lets no new one in; `end` lets them in again."""

    def __init__(self, url: str) -> None:
        place, self._name = url.rsplit("/", 1)
        self._elsewhere = f"{place}/postgres"

    def begin(self) -> None:
        with psycopg.connect(self._elsewhere, autocommit=True) as db:
            db.execute(f'alter database "{self._name}" allow_connections false')
            db.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (self._name,))

    def end(self) -> None:
        with psycopg.connect(self._elsewhere, autocommit=True) as db:
            db.execute(f'alter database "{self._name}" allow_connections true')
