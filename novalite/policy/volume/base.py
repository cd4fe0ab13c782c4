"""What the volume service's rules are made of. Who passes ``service_or_admin`` sees the resources
of every project."""

from novalite.policy.rules import SERVICE_OR_ADMIN as ADMIN

__all__ = ["ADMIN", "MEMBER", "READER"]

MEMBER = f"{ADMIN} or rule:project_member_api"
READER = f"{ADMIN} or rule:project_reader_api"
