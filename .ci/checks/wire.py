#!/usr/bin/env python3
"""Checks the descriptions of the wire against the schemas of OpenAPI 3.1 and AsyncAPI 3.0: python3 .ci/checks/wire.py

Wants openapi-spec-validator, and the npm packages of this folder.
"""
import json
from pathlib import Path

import jsonschema
import openapi_spec_validator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OPENAPI = ["docs/rest.openapi.json", "crates/fake/src/control/openapi.json"]
ASYNCAPI = ["docs/notifications.asyncapi.json"]
SCHEMA = HERE / "node_modules/@asyncapi/specs/schemas/3.0.0.json"


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


for name in OPENAPI:
    openapi_spec_validator.validate(read(ROOT / name))
schema = jsonschema.Draft7Validator(read(SCHEMA))
for name in ASYNCAPI:
    document = read(ROOT / name)
    schema.validate(document)
    # The schema does not follow references.
    used = [value for value in json.dumps(document).split('"') if value.startswith("#/")]
    for reference in used:
        place = document
        for part in reference[2:].split("/"):
            place = place[part]
