"""The REST API of the embedded image service: images v2, one module per resource."""
