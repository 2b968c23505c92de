"""Forms: what a browser may send, checked before anything is called."""
