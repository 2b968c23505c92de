"""Snapshots: what a run learns from, frozen as files; docs/snapshots.md tells the whole story."""
