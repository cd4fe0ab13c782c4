"""The parts of a deployment that the use-cases stand on, none of them missing in an API process."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from novalite.exception import DependencyUnavailable
from novalite.network.allocation import Allocator

if TYPE_CHECKING:
    from novalite.db.databases import Databases
    from novalite.db.engine import Database
    from novalite.deployment import Deployment
    from novalite.image.interface import ImageAPI
    from novalite.network.interface import NetworkAPI
    from novalite.policy import Enforcer
    from novalite.rpc.compute import ComputeAPI
    from novalite.rpc.conductor import ConductorAPI
    from novalite.volume.interface import VolumeAPI

T = TypeVar("T")


def _there(part: T | None) -> T:
    assert part is not None, "this deployment serves no compute API"
    return part


def databases(deployment: Deployment) -> Databases:
    return _there(deployment.databases)


def api_database(deployment: Deployment) -> Database:
    return _there(_there(deployment.databases).api)


def image(deployment: Deployment) -> ImageAPI:
    return _there(deployment.image)


def network(deployment: Deployment) -> NetworkAPI:
    return _there(deployment.network)


def volume(deployment: Deployment) -> VolumeAPI:
    """Raises DependencyUnavailable in a cloud without volumes."""
    if deployment.volume is None:
        raise DependencyUnavailable(reason="there is no volume service")
    return deployment.volume


def allocator(deployment: Deployment) -> Allocator:
    return Allocator(network(deployment))


def policy(deployment: Deployment) -> Enforcer:
    return _there(deployment.policy)


def conductor(deployment: Deployment) -> ConductorAPI:
    return _there(deployment.conductor)


def compute(deployment: Deployment) -> ComputeAPI:
    return _there(deployment.compute)
