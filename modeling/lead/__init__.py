"""What the pages of models show: rows and metrics read into plain values."""
