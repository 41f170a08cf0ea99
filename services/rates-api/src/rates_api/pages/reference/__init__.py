"""The API reference: the OpenAPI document as a page for people, with its recorded examples."""
