"""What the pages and the API tell a lead about judges and their runs."""
