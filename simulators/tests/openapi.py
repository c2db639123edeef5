"""What Twilio's published description says of the Messages API, as names and types.

The description is `twilio_api_v2010.json` in the npm package @twilio/cli-core (MIT; the description
itself says Apache 2.0). `openapi_messages.json` holds what the tests need of it, and this module
makes it anew or compares it:

    python -m tests.openapi path/to/twilio_api_v2010.json [--write]
"""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

EXTRACT = Path(__file__).parent / "openapi_messages.json"
SOURCE = "twilio_api_v2010.json of @twilio/cli-core 9.0.0; Apache-2.0, Twilio, Inc."
PREFIX = "/2010-04-01/Accounts/{AccountSid}/Messages"
PATHS = {
    f"{PREFIX}.json": ("get", "post"),
    f"{PREFIX}/{{Sid}}.json": ("get", "post", "delete"),
    f"{PREFIX}/{{MessageSid}}/Media.json": ("get",),
    f"{PREFIX}/{{MessageSid}}/Media/{{Sid}}.json": ("get",),
}
KEPT = ("type", "format", "nullable", "enum", "pattern", "minLength", "maxLength")
FORM = "application/x-www-form-urlencoded"


def extract(description: dict[str, Any]) -> dict[str, Any]:
    """The operations on messages: their parameters, and the fields of their answers."""
    schemas = description["components"]["schemas"]

    def brief(schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        kept = {name: schema[name] for name in KEPT if name in schema}
        if "properties" in schema:
            kept["properties"] = {n: brief(s) for n, s in sorted(schema["properties"].items())}
        if "items" in schema:
            kept["items"] = brief(schema["items"])
        return kept

    operations = {}
    for path, methods in PATHS.items():
        for method in methods:
            operation = description["paths"][path][method]
            form = operation.get("requestBody", {}).get("content", {}).get(FORM, {})
            status, answer = next(iter(operation["responses"].items()))
            body = answer.get("content", {}).get("application/json", {}).get("schema")
            operations[f"{method} {path}"] = {
                "query": [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"],
                "form": brief(form.get("schema", {})).get("properties", {}),
                "status": int(status),
                "answer": brief(body) if body else None,
            }
    return {"source": SOURCE, "operations": operations}


def problems(schema: dict[str, Any], value: Any, where: str = "answer") -> list[str]:
    """How `value` differs from `schema`: fields that miss or are unknown, wrong types."""
    if value is None:
        return [] if schema.get("nullable") else [f"{where} is null"]
    kinds = {"string": str, "integer": int, "object": dict, "array": list, "boolean": bool}
    kind = schema.get("type", "object")
    right = isinstance(value, kinds[kind])
    if not right:
        return [f"{where} is no {kind}"]
    found = []
    if kind == "object" and "properties" in schema:
        fields = schema["properties"]
        found += [f"{where}.{name} misses" for name in fields.keys() - value.keys()]
        found += [f"{where}.{name} is unknown" for name in value.keys() - fields.keys()]
        for name in fields.keys() & value.keys():
            found += problems(fields[name], value[name], f"{where}.{name}")
    if kind == "array":
        for place, item in enumerate(value):
            found += problems(schema["items"], item, f"{where}[{place}]")
    if not isinstance(value, str):
        return found
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is none of the enum: {value}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{where} does not match {schema['pattern']}: {value}")
    if schema.get("format") == "date-time-rfc-2822" and not _is_date(value):
        found.append(f"{where} is no date: {value}")
    return found


def _is_date(text: str) -> bool:
    try:
        return isinstance(parsedate_to_datetime(text), datetime)
    except ValueError:
        return False


def main() -> int:
    description = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    fresh = json.dumps(extract(description), indent=1, sort_keys=True) + "\n"
    if "--write" in sys.argv:
        EXTRACT.write_text(fresh, encoding="utf-8")
    elif EXTRACT.read_text(encoding="utf-8") != fresh:
        print("Twilio's description of messages has changed: see --write.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
