"""The REST API of the embedded identity service: identity v3, one module per resource."""
