"""What stands in the paste pipelines before an application."""
