"""Parses answers as a generated client does: `PYTHON parse_examples.py GENERATOR FOLDER`.

Runs in the generators' environment. Reads examples as JSON from standard input, imports what was
generated in FOLDER as `generated`, and writes what each example became, written out again.
"""

import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

Parse = Callable[[dict[str, Any]], Any]


def openapi_python_client() -> Parse:
    """Return what parses a response as a call of the generated client does."""
    httpx, client = (importlib.import_module(name) for name in ("httpx", "generated.client"))
    asking = client.Client(base_url="http://rates", raise_on_unexpected_status=True)

    def parse(example: dict[str, Any]) -> Any:
        call = importlib.import_module(f"generated.api.{example['tag']}.{example['operation']}")
        response = httpx.Response(example["status"], json=example["value"])
        return call._parse_response(client=asking, response=response).to_dict()

    return parse


def datamodel_code_generator() -> Parse:
    """Return what reads an answer into the generated model."""
    generated = importlib.import_module("generated")

    def parse(example: dict[str, Any]) -> Any:
        model = getattr(generated, example["schema"])
        read = model.model_validate_json(json.dumps(example["value"]))
        return read.model_dump(mode="json", by_alias=True, exclude_unset=True)

    return parse


def outcome(parse: Parse, example: dict[str, Any]) -> Any:
    """Return what the example became, or why it could not be parsed."""
    try:
        return parse(example)
    except Exception as error:  # noqa: BLE001  whatever a client's user would see
        return f"{type(error).__name__}: {error}"


def main() -> None:
    """Parse every example."""
    generator, folder = sys.argv[1:]
    sys.path.insert(0, folder)
    parse = {
        "openapi-python-client": openapi_python_client,
        "datamodel-code-generator": datamodel_code_generator,
    }[generator]()
    json.dump([outcome(parse, example) for example in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
