"""Processes made out of parts: for each kind of process, what it holds and in what order it starts.

This is the only place that knows which class stands behind which contract.
"""

from typing import TYPE_CHECKING, Any

from oslo_config import cfg

from novalite.cmd.service import Process
from novalite.deployment import Deployment
from novalite.rpc.compute import ComputeClient, serve_compute
from novalite.rpc.conductor import ConductorClient, serve_conductor
from novalite.rpc.scheduler import SchedulerClient, serve_scheduler
from novalite.rpc.transport import Messaging

if TYPE_CHECKING:
    from novalite.compute.manager import ComputeManager
    from novalite.db.databases import Databases


def _databases(conf: cfg.ConfigOpts, process: Process) -> "Databases":
    """What has no database does not even load what speaks to one: 15 MB per compute host."""
    from novalite.db.databases import Databases

    databases = Databases.from_conf(conf)
    process.on_exit(databases.dispose)
    return databases


def _messaging(conf: cfg.ConfigOpts, process: Process) -> Messaging:
    messaging = Messaging(conf)
    process.on_exit(messaging.close)
    return messaging


def _policy(conf: cfg.ConfigOpts) -> Any:
    from novalite.policy import Enforcer

    return Enforcer(conf)


# ---- neighbours: the embedded service, or the adapter to the real one ----


def _remote_neighbours(conf: cfg.ConfigOpts, cloud: Deployment) -> None:
    if conf.keystone.driver == "remote":
        from novalite.identity.keystone import KeystoneClient

        cloud.identity = KeystoneClient(conf)
    if conf.glance.driver == "remote":
        from novalite.image.glance import GlanceClient

        cloud.image = GlanceClient(conf)
    if conf.neutron.driver == "remote":
        from novalite.network.neutron import NeutronClient

        cloud.network = NeutronClient(conf)
    _remote_volume(conf, cloud)


def _remote_volume(conf: cfg.ConfigOpts, cloud: Deployment) -> None:
    if conf.cinder.driver == "remote":
        from novalite.volume.cinder import CinderClient

        cloud.volume = CinderClient(conf)


def _embedded_neighbours(conf: cfg.ConfigOpts, cloud: Deployment, process: Process) -> None:
    """Those of identity, image, network and volume that run in this process, mounted under their
    paths. They tell ``cloud.server_events`` what concerns servers."""
    from novalite.db.engine import Database

    database = Database(conf.embedded.connection)
    process.on_exit(database.dispose)
    if conf.keystone.driver == "embedded":
        from novalite.identity.embedded import app as identity_app
        from novalite.identity.embedded.service import IdentityService

        cloud.identity = IdentityService(conf, database)
        cloud.mounts["/identity"] = identity_app.app(cloud)
    if conf.glance.driver == "embedded":
        from novalite.image.embedded import app as image_app
        from novalite.image.embedded.service import ImageService

        cloud.image = ImageService(conf, database, policy=cloud.policy)
        cloud.mounts["/image"] = image_app.app(cloud)
        process.add("image tasks", cloud.image)
    if conf.neutron.driver == "embedded":
        from novalite.network.embedded import app as network_app
        from novalite.network.embedded.service import NetworkService

        network = cloud.network = NetworkService(conf, database, policy=cloud.policy)
        network.server_events = cloud.server_events
        cloud.mounts["/network"] = network_app.app(cloud)
        process.add("network data plane", network)
    if conf.cinder.driver == "embedded":
        from novalite.volume.embedded import app as volume_app
        from novalite.volume.embedded.service import VolumeService

        volumes = cloud.volume = VolumeService(
            conf,
            database,
            image=cloud.image,
            server_events=cloud.server_events,
            policy=cloud.policy,
        )
        cloud.mounts["/volume"] = volume_app.app(cloud)
        process.add("volumes", volumes)


def _serve_http(conf: cfg.ConfigOpts, cloud: Deployment, process: Process, backend: str) -> None:
    from novalite.wsgi import paste, server

    application = paste.load_app(cloud)
    http = server.serve(application, conf.api.listen, conf.api.port, conf.api.threads, backend)
    # it has threads from now on, also if nothing is ever started
    process.on_exit(http.stop)
    process.add("http", http)


# ---- the all-in-one ----


def all_in_one(conf: cfg.ConfigOpts, process: Process, fake_hosts: int = 0) -> Deployment:
    """Everything in this process. ``fake_hosts``: simulated compute hosts beside each other."""
    from novalite.cmd.after_hosts import ConductorAfterHosts
    from novalite.cmd.local_events import LocalServerEvents
    from novalite.conductor.manager import ConductorManager
    from novalite.scheduler.manager import SchedulerManager

    cloud = Deployment(conf, conf.host, policy=_policy(conf))
    cloud.databases = _databases(conf, process)
    cloud.server_events = LocalServerEvents(cloud)
    _remote_neighbours(conf, cloud)
    _embedded_neighbours(conf, cloud, process)
    messaging = _messaging(conf, process)
    cloud.compute = ComputeClient(messaging)
    scheduler = SchedulerManager(cloud)
    cloud.scheduler = scheduler
    manager = ConductorManager(cloud, conf.host)
    cloud.conductor = manager
    process.add("scheduler", scheduler)
    _mount_metadata(cloud)
    names = [conf.host] if fake_hosts <= 1 else [f"{conf.host}-{n + 1}" for n in range(fake_hosts)]
    hosts = [_add_compute(conf, name, cloud, messaging, process) for name in names]
    process.add("conductor", ConductorAfterHosts(manager, hosts))
    _serve_http(conf, cloud, process, "threading")
    return cloud


def _mount_metadata(cloud: Deployment) -> None:
    from novalite.api.metadata.app import MetadataApp

    cloud.mounts["/metadata"] = MetadataApp(cloud)


def _add_compute(
    conf: cfg.ConfigOpts, host: str, cloud: Deployment, messaging: Messaging, process: Process
) -> "ComputeManager":
    from novalite.compute.manager import ComputeManager
    from novalite.virt import load_driver

    part = Deployment(
        conf,
        host,
        clock=cloud.clock,
        image=cloud.image,
        network=cloud.network,
        volume=cloud.volume,
        conductor=cloud.conductor,
        driver=load_driver(conf, cloud.image, host),
    )
    manager = ComputeManager(part)
    process.add(f"compute {host}", manager)
    process.add(f"compute {host} messages", serve_compute(messaging, host, manager))
    return manager


# ---- one service per process ----


def api(conf: cfg.ConfigOpts, process: Process, backend: str) -> Deployment:
    cloud = Deployment(conf, conf.host, policy=_policy(conf))
    cloud.databases = _databases(conf, process)
    _remote_neighbours(conf, cloud)
    messaging = _messaging(conf, process)
    cloud.conductor = ConductorClient(messaging)
    cloud.compute = ComputeClient(messaging)
    cloud.scheduler = SchedulerClient(messaging)
    _mount_metadata(cloud)
    _serve_http(conf, cloud, process, backend)
    return cloud


def conductor(conf: cfg.ConfigOpts, process: Process) -> Deployment:
    from novalite.conductor.manager import ConductorManager

    cloud = Deployment(conf, conf.host)
    cloud.databases = _databases(conf, process)
    _remote_volume(conf, cloud)
    messaging = _messaging(conf, process)
    cloud.compute = ComputeClient(messaging)
    cloud.scheduler = SchedulerClient(messaging)
    manager = ConductorManager(cloud, conf.host)
    process.add("conductor", manager)
    process.add("messages", serve_conductor(messaging, conf.host, manager))
    return cloud


def scheduler(conf: cfg.ConfigOpts, process: Process) -> Deployment:
    from novalite.scheduler.manager import SchedulerManager

    cloud = Deployment(conf, conf.host)
    cloud.databases = _databases(conf, process)
    manager = SchedulerManager(cloud)
    process.add("scheduler", manager)
    process.add("messages", serve_scheduler(_messaging(conf, process), conf.host, manager))
    return cloud


def compute(conf: cfg.ConfigOpts, process: Process) -> Deployment:
    cloud = Deployment(conf, conf.host)
    _remote_neighbours(conf, cloud)
    messaging = _messaging(conf, process)
    cloud.conductor = ConductorClient(messaging)
    _add_compute(conf, conf.host, cloud, messaging, process)
    return cloud


def neighbours(conf: cfg.ConfigOpts, process: Process, backend: str) -> Deployment:
    """The embedded identity, image, network and volume services by themselves, for services
    elsewhere."""
    cloud = Deployment(conf, conf.host, policy=_policy(conf))
    if conf.nova.endpoint_override:
        from novalite.wsgi.server_events_remote import RemoteServerEvents

        events = cloud.server_events = RemoteServerEvents(conf)
        process.add("server events", events)
    _embedded_neighbours(conf, cloud, process)
    _serve_http(conf, cloud, process, backend)
    return cloud
