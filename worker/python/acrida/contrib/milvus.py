"""MilvusUser: operations of pymilvus as requests of type milvus. gRPC is made cooperative on import."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ..user.users import User
from ._driver import driver
from ._vectors import Outcome, fire, timed

if TYPE_CHECKING:
    from ..env import Environment

driver("grpc.experimental.gevent", "grpcio", "MilvusUser").init_gevent()
_pymilvus = driver("pymilvus", "pymilvus", "MilvusUser")

_DEFAULT_FIELDS = ("id",)


class BaseClient(ABC):
    """What a client of a MilvusUser can do. Results are dictionaries: see `contrib._vectors.Outcome`."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    @abstractmethod
    def create_collection(self, schema: Any, index_params: Any, **kwargs: Any) -> None:
        """Create the collection."""

    @abstractmethod
    def insert(self, data: Any) -> Outcome:
        """Add rows."""

    @abstractmethod
    def upsert(self, data: Any) -> Outcome:
        """Add or replace rows."""

    @abstractmethod
    def search(self, data: Any, anns_field: str, limit: int, *args: Any, **kwargs: Any) -> Outcome:
        """Find the nearest rows."""

    @abstractmethod
    def hybrid_search(self, reqs: Any, ranker: Any, limit: int, output_fields: Any = None) -> Outcome:
        """Find rows by several vectors."""

    @abstractmethod
    def query(self, filter: str, output_fields: Any = None) -> Outcome:
        """Find rows by a filter."""

    @abstractmethod
    def delete(self, filter: str) -> Outcome:
        """Delete rows by a filter."""


def _nothing_found(result: Any) -> bool:
    return all(len(hits) == 0 for hits in result)


class MilvusV2Client(BaseClient):
    """A `MilvusClient` for one collection."""

    def __init__(
        self,
        uri: str,
        collection_name: str,
        token: str = "root:Milvus",
        db_name: str = "default",
        timeout: float = 60,
    ) -> None:
        self.uri = uri
        self.collection_name = collection_name
        self.token = token
        self.db_name = db_name
        self.timeout = timeout
        self.client = _pymilvus.MilvusClient(uri=uri, token=token, db_name=db_name, timeout=timeout)

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def create_collection(self, schema: Any, index_params: Any, **kwargs: Any) -> None:
        """Create the collection."""
        self.client.create_collection(
            collection_name=self.collection_name, schema=schema, index_params=index_params, **kwargs
        )

    def insert(self, data: Any) -> Outcome:
        """Add rows."""
        return timed(self.client.insert, collection_name=self.collection_name, data=data)

    def upsert(self, data: Any) -> Outcome:
        """Add or replace rows."""
        return timed(self.client.upsert, collection_name=self.collection_name, data=data)

    def search(
        self,
        data: Any,
        anns_field: str,
        limit: int,
        filter: str = "",
        search_params: Any = None,
        output_fields: Any = None,
        calculate_recall: bool = False,
        ground_truth: Any = None,
    ) -> Outcome:
        """Find the nearest rows; with `calculate_recall` and the ids of `ground_truth`, the outcome has
        `recall`."""
        outcome = timed(
            self.client.search,
            empty=_nothing_found,
            collection_name=self.collection_name,
            data=data,
            anns_field=anns_field,
            filter=filter,
            limit=limit,
            search_params=search_params,
            output_fields=list(output_fields or _DEFAULT_FIELDS),
        )
        if calculate_recall and ground_truth is not None and outcome["success"]:
            outcome["recall"] = self.get_recall(outcome["result"], ground_truth, limit)
        return outcome

    def hybrid_search(self, reqs: Any, ranker: Any, limit: int, output_fields: Any = None) -> Outcome:
        """Find rows by several vectors."""
        return timed(
            self.client.hybrid_search,
            empty=_nothing_found,
            collection_name=self.collection_name,
            reqs=reqs,
            ranker=ranker,
            limit=limit,
            output_fields=list(output_fields or _DEFAULT_FIELDS),
        )

    @staticmethod
    def get_recall(search_results: Any, ground_truth: Any, limit: int | None = None) -> float:
        """Share of the first `limit` true ids among those found for the first vector; 0 if that cannot be
        said."""
        hits = search_results[0] if search_results and isinstance(search_results[0], list) else search_results
        found = {hit.get("id") for hit in hits or () if hasattr(hit, "get")}
        wanted = set(ground_truth[: len(found) if limit is None else limit])
        enough = limit is None or len(ground_truth) >= limit
        return len(found & wanted) / len(wanted) if wanted and enough else 0.0

    def query(self, filter: str, output_fields: Any = None) -> Outcome:
        """Find rows by a filter."""
        return timed(
            self.client.query,
            empty=lambda result: not result,
            collection_name=self.collection_name,
            filter=filter,
            output_fields=list(output_fields or _DEFAULT_FIELDS),
        )

    def delete(self, filter: str) -> Outcome:
        """Delete rows by a filter."""
        return timed(self.client.delete, collection_name=self.collection_name, filter=filter)


class MilvusUser(User):
    """A user of one collection. Its methods record a request each; `search` with recall also records one
    called `recall`, whose time is the per cent."""

    abstract = True

    client_type = "milvus"

    def __init__(
        self,
        environment: Environment,
        uri: str = "http://localhost:19530",
        token: str = "root:Milvus",
        collection_name: str = "test_collection",
        db_name: str = "default",
        timeout: float = 60,
        schema: Any = None,
        index_params: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(environment)
        self.client: MilvusV2Client = MilvusV2Client(uri, collection_name, token, db_name, timeout)
        if schema is not None:
            self.client.create_collection(schema, index_params, **kwargs)

    def insert(self, data: Any) -> Outcome:
        """Add rows."""
        return fire(self.client_type, "insert", self.client.insert(data))

    def upsert(self, data: Any) -> Outcome:
        """Add or replace rows."""
        return fire(self.client_type, "upsert", self.client.upsert(data))

    def search(self, data: Any, anns_field: str, limit: int, **kwargs: Any) -> Outcome:
        """Find the nearest rows; arguments of `MilvusV2Client.search`."""
        outcome = fire(self.client_type, "search", self.client.search(data, anns_field, limit, **kwargs))
        if "recall" in outcome:
            fire(self.client_type, "recall", {"response_time": int(outcome["recall"] * 100)})
        return outcome

    def hybrid_search(self, reqs: Any, ranker: Any, limit: int, output_fields: Any = None) -> Outcome:
        """Find rows by several vectors."""
        outcome = self.client.hybrid_search(reqs, ranker, limit, output_fields)
        return fire(self.client_type, "hybrid_search", outcome)

    def query(self, filter: str, output_fields: Any = None) -> Outcome:
        """Find rows by a filter."""
        return fire(self.client_type, "query", self.client.query(filter, output_fields))

    def delete(self, filter: str) -> Outcome:
        """Delete rows by a filter."""
        return fire(self.client_type, "delete", self.client.delete(filter))

    def on_stop(self) -> None:
        """Close the connection."""
        self.client.close()
