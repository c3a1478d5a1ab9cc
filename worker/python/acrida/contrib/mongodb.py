"""MongoDBUser: queries by pymongo as requests."""

from __future__ import annotations

import time
from typing import Any

from .. import events
from ..user.users import User
from ._driver import driver

_Base: Any = driver("pymongo", "pymongo", "MongoDBUser").MongoClient
_failure: type[Exception] = driver("pymongo.errors", "pymongo", "MongoDBUser").PyMongoError


class MongoDBClient(_Base):  # type: ignore[misc]
    """A `pymongo.MongoClient` for one database."""

    def __init__(self, conn_string: str, db_name: str) -> None:
        super().__init__(conn_string)
        self.db = self[db_name]

    def execute_query(self, collection_name: str, query: Any) -> None:
        """Find all documents of a collection that match, as one request MONGODB QUERY."""
        began, error = time.perf_counter(), None
        try:
            list(self.db[collection_name].find(query))  # find() alone asks for nothing
        except _failure as e:
            error = e
        events.request.fire(
            request_type="MONGODB",
            name="QUERY",
            response_time=(time.perf_counter() - began) * 1000,
            response_length=0,
            exception=error,
        )


class MongoDBUser(User):
    """A user with a `client` for the database `db_name` at `conn_string`."""

    abstract = True

    conn_string: str
    """Address, such as `mongodb://localhost:27017`."""
    db_name: str
    """Database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client: MongoDBClient = MongoDBClient(self.conn_string, self.db_name)

    def on_stop(self) -> None:
        """Close the connection."""
        self.client.close()
