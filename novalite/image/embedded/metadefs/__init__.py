"""Metadata definitions: namespaces of properties, objects and tags, and what they apply to."""
