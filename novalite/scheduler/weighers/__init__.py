"""Weighers, one module each: see ``base.Weigher``."""
