"""The API of programs: the pages' functions behind JSON, described by OpenAPI. No rule lives in here; docs/api.md is its manual."""
