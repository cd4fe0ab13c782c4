"""The metadata service behind 169.254.169.254: tells a guest who it is."""
