"""What compute hosts, which have no database, read and write: one module per noun."""
