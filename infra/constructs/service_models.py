"""Makes botocore's descriptions of AWS lean: what only people read is a third of a cold start."""

import gzip
import json
from pathlib import Path
from typing import Any, Final

_FOR_PEOPLE: Final = ("examples-1.json", "paginators-1.json", "waiters-2.json")


def slim(data: Path, services: frozenset[str]) -> None:
    """Rewrite the `botocore/data` folder of a bundle for these services.

    Prose, examples, paginators and waiters go, none of which a function uses, and so do the
    endpoints of other services. What is called and how it is signed stays as it was.
    """
    for path in sorted(data.rglob("*.json*")):
        if path.name.removesuffix(".gz") in _FOR_PEOPLE:
            path.unlink()
        elif path.name.startswith("service-2.json"):
            model = _read(path)
            path.unlink()
            lean = _without_prose(model)
            # Of these botocore itself reads the prose.
            for parameter in lean.get("clientContextParams", {}).values():
                parameter["documentation"] = ""
            _write(path.parent / "service-2.json", lean)
    endpoints = data / "endpoints.json"
    catalog = _read(endpoints)
    for partition in catalog["partitions"]:
        known = partition["services"]
        partition["services"] = {name: known[name] for name in known if name in _names(services)}
    _write(endpoints, catalog)


def _names(services: frozenset[str]) -> frozenset[str]:
    """Endpoints are listed by prefix, which differs from the service's name for a few."""
    return services | {"email", "sms-voice", "states", "streams.dynamodb"}


def _without_prose(node: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    match node:
        case dict():
            return {
                name: _without_prose(value)
                for name, value in node.items()
                # A member of a shape may itself be called `documentation`; prose is a text.
                if not (name == "documentation" and isinstance(value, str))
            }
        case list():
            return [_without_prose(each) for each in node]
        case _:
            return node


def _read(path: Path) -> Any:  # noqa: ANN401
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def _write(path: Path, content: object) -> None:
    path.unlink(missing_ok=True)  # the file may be a hard link into the cache of the installer
    path.write_text(json.dumps(content, separators=(",", ":"), sort_keys=False))
