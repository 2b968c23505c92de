"""Speed and load measurements, each one command (`python -m benchmarks.<name>`), never on a database that holds real work."""
