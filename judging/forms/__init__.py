"""What leads type about judges and their runs."""
