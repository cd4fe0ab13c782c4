"""What integration tests may ask for."""

from tests.support.libvirt import guest_image, hypervisor, lan, libvirt_host
from tests.support.servers import mariadb, postgresql, rabbitmq

__all__ = ["guest_image", "hypervisor", "lan", "libvirt_host", "mariadb", "postgresql", "rabbitmq"]
