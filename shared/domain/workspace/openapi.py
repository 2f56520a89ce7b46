"""The OpenAPI 3.1 document of the admin API, written from the table that routes it.

Only the generator of contracts imports this; the function itself never does.
"""

import re
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from shared.domain.access.needs import is_audited, needed_for
from shared.domain.access.roles import LADDER
from shared.domain.workspace.answers import ErrorAnswer
from shared.domain.workspace.api import OPERATIONS
from shared.domain.workspace.operation import OPERATOR_PREFIX, PREFIX, Operation

Schema = dict[str, Any]

_ABOUT: Final = """\
Everything that operators do: settings, write keys, definitions, people and figures.

**Authentication**, either of two: with the admin key below `/v1/admin`, as `Authorization: Bearer
<admin key>`; the key is the secret that the stack's output `AdminKeySecretArn` names. Or with the
access token of an operator, the same operations below `/v1/operator`, as `Authorization: Bearer
<access token>`; the gateway checks it. A write key is never accepted.

**Roles**: viewer, editor, approver, admin, each of which may do what those before it may. Every
operation names the least role that it needs as `x-rapport-role`; who lacks it gets a 403 that says
so. The admin key may do everything.

**Audit**: operations with `x-rapport-audited` leave a line in `GET /audit`.

**Repetitions**: every PUT, DELETE and POST but `POST /write-keys` and the rotation of a write key
may be repeated; `outcome` says whether something was created, updated or unchanged. The same
definition put again makes no new version.

**Two operators at once** never overwrite each other unseen: a change that was decided on an older
state of the catalog is decided again, and 409 says that it kept losing.

**Errors** are `{"success": false, "code", "message", "details"}`; `details` names each mistake with
its path, such as `steps[2].duration`.
"""

_ERRORS: Final = {
    400: "The request is wrong; the same one will never be right.",
    401: "The admin key or the token is missing or wrong.",
    403: "The operator has not the role that this needs.",
    404: "What is named does not exist.",
    409: "It does not go together with what is there, or somebody else was faster.",
    413: "It is too large.",
    503: "AWS is busy; send the same again.",
}
_ROLES_HEAD: Final = (
    "# The least role of each operation",
    "",
    "Generated from `shared/domain/access/needs.py`; [what the roles mean](../access.md).",
    "",
    "| role | request | operation | in the audit trail |",
    "|---|---|---|---|",
)
_VARIABLE: Final = re.compile(r"{(\w+)\+?}")


class _Plain(GenerateJsonSchema):
    """Without a title for every field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002
        return False

    def tagged_union_schema(self, schema: Any) -> Schema:  # noqa: ANN401
        """Where a value stands for several schemas, OpenAPI has no discriminator."""
        found = super().tagged_union_schema(schema)
        mapping = found.get("discriminator", {}).get("mapping", {})
        if not all(isinstance(each, str) for each in mapping.values()):
            del found["discriminator"]
        return found


def document() -> Schema:
    """The whole document, as plain JSON data."""
    found, definitions = TypeAdapter.json_schemas(
        [
            *((one.name, "serialization", TypeAdapter(one.answer)) for one in OPERATIONS),
            *((one.name, "validation", TypeAdapter(one.body)) for one in OPERATIONS if one.body),
            ("error", "serialization", TypeAdapter(ErrorAnswer)),
        ],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Plain,
    )
    paths: dict[str, Schema] = {}
    for one in OPERATIONS:
        path = _VARIABLE.sub(r"{\1}", PREFIX + one.path)
        body = found.get((one.name, "validation"))
        described = _operation(one, found[one.name, "serialization"], body)
        paths.setdefault(path, {})[one.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rapport admin API", "version": "1", "description": _ABOUT},
        "security": [{"adminKey": []}, {"operatorToken": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "adminKey": {"type": "http", "scheme": "bearer"},
                "operatorToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": f"Below {OPERATOR_PREFIX} in place of {PREFIX}.",
                },
            },
            "schemas": definitions["$defs"],
            "responses": {
                f"Error{status}": _json(says, found["error", "serialization"])
                for status, says in _ERRORS.items()
            },
        },
    }


def roles() -> str:
    """Which role each operation needs, as a table to be read."""
    rows = [
        f"| {needed_for(one.name)} | `{one.method} {PREFIX}{one.path}` | `{one.name}` | "
        f"{'yes' if is_audited(one.name, one.method) else ''} |"
        for role in LADDER
        for one in OPERATIONS
        if needed_for(one.name) == role
    ]
    return "\n".join((*_ROLES_HEAD, *rows, ""))


def _operation(one: Operation, answer: Schema, body: Schema | None) -> Schema:
    described: Schema = {
        "operationId": one.name,
        "summary": one.says,
        "x-rapport-role": needed_for(one.name),
        "x-rapport-audited": is_audited(one.name, one.method),
    }
    parameters = [
        *(_parameter(name, "path", required=True) for name in _VARIABLE.findall(one.path)),
        *(_parameter(q.name, "query", required=q.required, says=q.says) for q in one.query),
    ]
    if parameters:
        described["parameters"] = parameters
    if body:
        described["requestBody"] = {
            "required": one.body_required,
            "content": {"application/json": {"schema": body}},
        }
    described["responses"] = {
        "200": _json("Done.", answer),
        **{str(status): {"$ref": f"#/components/responses/Error{status}"} for status in _ERRORS},
    }
    return described


def _parameter(name: str, place: str, *, required: bool, says: str = "") -> Schema:
    described: Schema = {"name": name, "in": place, "required": required}
    if says:
        described["description"] = says
    return {**described, "schema": {"type": "string"}}


def _json(says: str, schema: Schema) -> Schema:
    return {"description": says, "content": {"application/json": {"schema": schema}}}
