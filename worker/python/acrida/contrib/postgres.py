"""PostgresUser: queries by psycopg as requests."""

from __future__ import annotations

import time
from typing import Any

from .. import events
from ..user.users import User
from ._driver import driver

_psycopg = driver("psycopg", "psycopg[binary]", "PostgresUser")


class PostgresClient:
    """One connection."""

    def __init__(self, conn_string: str) -> None:
        self.connection = _psycopg.connect(conn_string)

    def execute_query(self, query: Any) -> None:
        """Execute a query, as a request of type postgres_success or postgres_failure."""
        began, error = time.perf_counter(), None
        try:
            self.connection.execute(query)
        except Exception as e:
            error = e
        events.request.fire(
            request_type="postgres_failure" if error else "postgres_success",
            name="execute_query",
            response_time=(time.perf_counter() - began) * 1000,
            response_length=0,
            exception=error,
        )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class PostgresUser(User):
    """A user with a `client` connected to `conn_string`."""

    abstract = True

    conn_string: str
    """Such as `postgresql://user@localhost/db`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client: PostgresClient = PostgresClient(self.conn_string)

    def on_stop(self) -> None:
        """Close the connection."""
        self.client.close()
