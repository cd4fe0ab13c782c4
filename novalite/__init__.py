"""novalite: a light, faithful compute control plane that speaks the Nova API."""

__version__ = "0.1.0"
