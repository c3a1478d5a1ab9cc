"""QdrantUser: operations of qdrant-client as requests of type qdrant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..user.users import User
from ._driver import driver
from ._vectors import Outcome, fire, timed

if TYPE_CHECKING:
    from ..env import Environment

_qdrant = driver("qdrant_client", "qdrant-client", "QdrantUser")


class QdrantLocustClient:
    """A `QdrantClient` for one collection. Results are dictionaries: see `contrib._vectors.Outcome`."""

    def __init__(
        self, url: str, collection_name: str, api_key: str | None = None, timeout: int = 60, **kwargs: Any
    ) -> None:
        self.url = url
        self.collection_name = collection_name
        self.api_key = api_key
        self.timeout = timeout
        self.client = _qdrant.QdrantClient(url=url, api_key=api_key, timeout=timeout, **kwargs)

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def create_collection(self, vectors_config: Any, **kwargs: Any) -> None:
        """Create the collection unless it is there."""
        if not self.client.collection_exists(collection_name=self.collection_name):
            self.client.create_collection(
                collection_name=self.collection_name, vectors_config=vectors_config, **kwargs
            )

    def upsert(self, points: Any) -> Outcome:
        """Add or replace points."""
        return timed(self.client.upsert, collection_name=self.collection_name, points=points)

    def search(
        self,
        query: Any,
        limit: int = 10,
        query_filter: Any = None,
        search_params: Any = None,
        with_payload: Any = True,
    ) -> Outcome:
        """Find the nearest points."""
        return timed(
            self.client.query_points,
            empty=lambda result: not result.points,
            collection_name=self.collection_name,
            query=query,
            limit=limit,
            query_filter=query_filter,
            search_params=search_params,
            with_payload=with_payload,
        )

    def scroll(self, scroll_filter: Any = None, limit: int = 10, with_payload: Any = True) -> Outcome:
        """Read points page by page; the outcome also has `next_offset`."""
        outcome = timed(
            self.client.scroll,
            empty=lambda result: not result[0],
            collection_name=self.collection_name,
            scroll_filter=scroll_filter,
            limit=limit,
            with_payload=with_payload,
        )
        if "result" in outcome:
            outcome["result"], outcome["next_offset"] = outcome["result"]
        return outcome

    def delete(self, points_selector: Any) -> Outcome:
        """Delete points."""
        return timed(
            self.client.delete, collection_name=self.collection_name, points_selector=points_selector
        )


class QdrantUser(User):
    """A user of one collection. Its methods record a request each."""

    abstract = True

    url: str = "http://localhost:6333"
    """Address of the server."""
    api_key: str | None = None
    """Key, if the server wants one."""
    collection_name: str | None = None
    """Collection; must be set."""
    timeout: int = 60
    """Seconds."""
    vectors_config: Any = None
    """Create the collection with this `VectorParams`."""
    client_kwargs: dict[str, Any] | None = None
    """More arguments of `QdrantClient`."""
    collection_kwargs: dict[str, Any] | None = None
    """More arguments of `create_collection`."""

    client_type = "qdrant"

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        if self.collection_name is None:
            raise ValueError(f"{type(self).__name__} has no collection: set its collection_name")
        self.client: QdrantLocustClient = QdrantLocustClient(
            self.url, self.collection_name, self.api_key, self.timeout, **(self.client_kwargs or {})
        )
        if self.vectors_config is not None:
            self.client.create_collection(self.vectors_config, **(self.collection_kwargs or {}))

    def upsert(self, points: Any) -> Outcome:
        """Add or replace points."""
        return fire(self.client_type, "upsert", self.client.upsert(points))

    def search(self, query: Any, limit: int = 10, **kwargs: Any) -> Outcome:
        """Find the nearest points; arguments of `QdrantLocustClient.search`."""
        return fire(self.client_type, "search", self.client.search(query, limit, **kwargs))

    def scroll(self, scroll_filter: Any = None, limit: int = 10, with_payload: Any = True) -> Outcome:
        """Read points page by page."""
        return fire(self.client_type, "scroll", self.client.scroll(scroll_filter, limit, with_payload))

    def delete(self, points_selector: Any) -> Outcome:
        """Delete points."""
        return fire(self.client_type, "delete", self.client.delete(points_selector))

    def on_stop(self) -> None:
        """Close the connection."""
        self.client.close()
