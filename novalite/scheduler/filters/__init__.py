"""Host filters, one module each: see ``base.Filter``."""
