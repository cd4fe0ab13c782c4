"""The OpenStack test suite, unmodified, against a private all-in-one with simulated hosts."""
