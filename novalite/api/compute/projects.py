"""Projects that a request names and that are not its own."""

from novalite.deployment import Deployment
from novalite.exception import ValidationError


def check(deployment: Deployment, project_id: str) -> None:
    """Raises ValidationError when the identity service knows no such project."""
    identity = deployment.identity
    if identity is not None and not identity.project_exists(project_id):
        raise ValidationError(detail=f"Project ID {project_id} is not a valid project.")
