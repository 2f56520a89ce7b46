"""A function that goes by an old catalog, and a table whose pages are small."""

from dataclasses import replace

from functions.update_tags.batch import update_people
from functions.update_tags.planning import Plans
from tests.functions.update_tags.conftest import Wire


class Stale:
    """A function that goes by the catalog as it was, until something tells it to look again."""

    def __init__(self, bench):
        self._bench = bench
        names = ("version", "conditions", "kinds", "builds")
        self._old = {name: getattr(bench.catalog, name) for name in names}
        self._is_stale = True

    def deliver(self, records):
        bench = self._bench
        ports = bench.ports(Wire())
        outcome = update_people(
            records, Plans(self, bench._log), ports, lambda: bench.now, bench._log
        )
        assert outcome.failed == 0

    def look_again(self, workspace_id):
        self._is_stale = False

    def version(self, workspace_id):
        return self._old["version"] if self._is_stale else self._bench.catalog.version

    def __getattr__(self, name):
        catalog = self._bench.catalog
        if not self._is_stale:
            return getattr(catalog, name)
        return getattr(replace(catalog, **self._old), name)


class Small:
    """A table whose pages hold two rows."""

    def __init__(self, dynamodb):
        self._client = dynamodb
        self.pages = 0

    def __getattr__(self, name):
        return getattr(self._client, name)

    def query(self, **request):
        if "sk, body" not in request.get("ProjectionExpression", ""):
            return self._client.query(**request)
        self.pages += 1
        return self._client.query(**request, Limit=2)
