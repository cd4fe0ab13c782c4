"""What integration tests may ask for."""

from tests.support.servers import mariadb, postgresql, rabbitmq

__all__ = ["mariadb", "postgresql", "rabbitmq"]
