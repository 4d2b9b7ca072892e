#!/usr/bin/env python3
"""Holds a document against a JSON Schema, and the schema against the document: a field that it does not describe is an error.

usage: Tests/Benchmarks/validate.py SCHEMA DOCUMENT
"""

import json
import sys

import jsonschema


def strict(schema):
    """The same schema, in which an object has only the properties that are described."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(value) for name, value in schema.items()}
    if "properties" in closed and isinstance(closed.get("type"), str):
        closed.setdefault("additionalProperties", False)
    return closed


def main():
    with open(sys.argv[1]) as schema, open(sys.argv[2]) as document:
        validator = jsonschema.Draft202012Validator(strict(json.load(schema)))
        errors = list(validator.iter_errors(json.load(document)))
    for error in errors[:50]:
        print(f"{error.json_path}: {error.message[:200]}")
    return 1 if errors else 0


sys.exit(main())
