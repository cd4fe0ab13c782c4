"""docs/reference/openapi*.json: each API at its newest microversion, as OpenAPI 3.1."""

import json
import re
from typing import Any

from novalite.wsgi.faults import NAMES, REASONS
from novalite.wsgi.operations import Operation
from tools.docs import operations, services
from tools.docs.services import Service

_PARAMETER = re.compile(r"{(\w+)}")


def pages() -> dict[str, str]:
    return {service.openapi_page: _text(document(service)) for service in services.ALL}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def document(service: Service) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in service.operations:
        of_path = paths.setdefault(operation.path, _path(operation.path, service))
        method = operation.method.lower()
        described = _operation(operation, service)
        of_path[method] = _together(of_path[method], described) if method in of_path else described
    components: dict[str, Any] = {
        "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
        "schemas": {"fault": _fault(service)},
    }
    if service.microversions:
        components["parameters"] = {"microversion": _microversion(service)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"novalite {service.name} API",
            "version": service.version,
            "description": "Schemas are those of the newest microversion that has the operation."
            if service.microversions
            else "What the embedded service offers.",
        },
        "servers": [{"url": service.path}],
        "paths": paths,
        "components": components,
        "security": [{"token": []}],
    }


def _microversion(service: Service) -> dict[str, Any]:
    name = service.name
    return {
        "name": "OpenStack-API-Version",
        "in": "header",
        "description": f"{name} X.Y, or {name} latest; without it the oldest",
        "schema": {"type": "string", "pattern": f"^{name} (latest|[0-9]+\\.[0-9]+)$"},
    }


def _fault(service: Service) -> dict[str, Any]:
    """Of compute exactly; the other services' own shapes are told apart by their clients."""
    if service.name != "compute":
        return {"description": f"The shape of errors of the {service.name} API."}
    return {
        "type": "object",
        "description": "One member, named after the kind of fault.",
        "propertyNames": {"enum": sorted({*NAMES.values(), "computeFault"})},
        "additionalProperties": {
            "type": "object",
            "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
            "required": ["code", "message"],
        },
        "minProperties": 1,
        "maxProperties": 1,
    }


def _path(path: str, service: Service) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = []
    if service.microversions:
        parameters.append({"$ref": "#/components/parameters/microversion"})
    for name in _PARAMETER.findall(path):
        parameters.append(
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        )
    return {"parameters": parameters}


def _operation(operation: Operation, service: Service) -> dict[str, Any]:
    extension: dict[str, Any] = {}
    if service.microversions:
        extension = {"min-ver": operation.min_version, "max-ver": operation.max_version}
    if operation.action:
        extension["action"] = operation.action
    if operation.policy:
        extension["policy"] = operation.policy
    described: dict[str, Any] = {
        "summary": operation.title,
        "operationId": _identifier(operation),
        "responses": _responses(operation, service),
        "x-openstack": extension,
    }
    if operation.public:
        described["security"] = []
    query = operations.schema_of(operation, "query")
    if query:
        described["parameters"] = [
            {"name": name, "in": "query", "schema": schema}
            for name, schema in query.get("properties", {}).items()
        ]
    request = operations.schema_of(operation, "request")
    if request:
        described["requestBody"] = {"required": True, "content": _json(request)}
    return described


def _identifier(operation: Operation) -> str:
    words = [operation.method, *re.findall(r"\w+", operation.path), operation.action or ""]
    return "_".join(word.lower() for word in words if word)


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _responses(operation: Operation, service: Service) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    schema = operations.schema_of(operation, "response")
    for since, code in operations.success_codes(operation):
        answer: dict[str, Any] = {"description": REASONS[code]}
        if since != operation.min_version:
            answer["x-openstack"] = {"min-ver": since}
        if schema and schema.get("type") != "null":
            answer["content"] = _json(schema)
        responses[str(code)] = answer
    fault = _json({"$ref": "#/components/schemas/fault"})
    for code in sorted(_errors(operation, service)):
        responses[str(code)] = {"description": REASONS[code], "content": fault}
    return responses


def _errors(operation: Operation, service: Service) -> set[int]:
    """What the operation declares, and what its form brings with it."""
    codes = set(operation.errors)
    if not operation.public:
        codes |= {401, 403}
    if service.microversions:
        codes |= {400, 406}
    if operation.query is not None or operation.request is not None:
        codes.add(400)
    if "{" in operation.path:
        codes.add(404)
    return codes


def _together(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Actions of one path, and forms of one operation at different microversions, are one
    operation in OpenAPI: alternatives of body and answer."""
    responses = dict(first["responses"])
    for code, answer in second["responses"].items():
        known = responses.get(code)
        if known is None or int(code) >= 400:
            responses[code] = answer
        else:
            responses[code] = {**known, **answer, "content": _either(known, answer)}
            if not responses[code]["content"]:
                del responses[code]["content"]
    together: dict[str, Any] = {
        "summary": "Actions" if _is_action(first) else first["summary"],
        "operationId": re.sub(r"_action_.*", "_action", first["operationId"]),
        "responses": dict(sorted(responses.items())),
        "x-openstack": {"actions": [*_actions(first), *_actions(second)]},
    }
    bodies = [one["requestBody"] for one in (first, second) if "requestBody" in one]
    if bodies:
        content = _either(*bodies) if len(bodies) == 2 else bodies[0]["content"]
        together["requestBody"] = {"required": len(bodies) == 2, "content": content}
    parameters = {p["name"]: p for one in (first, second) for p in one.get("parameters", ())}
    if parameters:
        together["parameters"] = list(parameters.values())
    return together


def _is_action(described: dict[str, Any]) -> bool:
    return any("action" in one for one in _actions(described))


def _actions(described: dict[str, Any]) -> list[dict[str, Any]]:
    extension = described["x-openstack"]
    return extension.get("actions") or [{"title": described["summary"], **extension}]


def _either(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    choices: list[Any] = []
    for one in (first, second):
        schema = one.get("content", {}).get("application/json", {}).get("schema")
        if schema:
            choices += schema["oneOf"] if set(schema) == {"oneOf"} else [schema]
    if not choices:
        return {}
    return _json(choices[0] if len(choices) == 1 else {"oneOf": choices})
