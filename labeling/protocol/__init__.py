"""The labelling protocol (docs/protocol.md): every change of an assignment, answer or decision is one function in here."""
