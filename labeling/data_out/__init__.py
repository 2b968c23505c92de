"""Exports: what the project knew as of one event, written to immutable files with a manifest (docs/exports.md)."""
