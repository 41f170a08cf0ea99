"""What a user would otherwise run: the same answers by FastAPI, from Redis or from SQL.

They live in an environment of their own (`bench/.venv`, by `environment`), so that neither the
services nor the checks need their packages. README.md says how each is tuned and why.
"""
