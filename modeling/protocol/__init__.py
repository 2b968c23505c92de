"""What leads and workers do to runs and versions: one module per thing, each the only writer of its state."""
