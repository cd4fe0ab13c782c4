"""A second host for a Lab: a namespace with an agent of its own, joined to this one by a cable.

The agent is a real process that sees neither this host's namespaces nor its locks, and has no
database: it asks the network service over HTTP.
"""

import os
import pathlib
import signal
import subprocess
import sys
from typing import Any

from novalite.deployment import Deployment
from novalite.identity.embedded import app as identity_app
from novalite.identity.embedded.bootstrap import bootstrap as accounts
from novalite.identity.embedded.bootstrap import read_credentials
from novalite.identity.embedded.service import IdentityService
from novalite.network.embedded import app as network_app
from novalite.wsgi import paste, server
from tests.support.host_claims import Claims
from tests.support.netlab import Guest, Lab, eventually, run

FAR = "far"
ALONE = 'mount -t tmpfs none /run/netns && mount -t tmpfs none /run/lock && exec "$@"'


class FarHost:
    """``lab`` has to have ``hub`` as its [embedded]tunnel_address."""

    def __init__(self, lab: Lab, link: str) -> None:
        """``link``: the first three octets of the network between the hosts."""
        self.lab = lab
        self.hub, self.address = f"{link}.1", f"{link}.2"
        self.namespace, self._cable = f"{lab.prefix}far", f"{lab.prefix}u"
        self.log = pathlib.Path(f"{lab.directory}/agent.log")
        self._agent: subprocess.Popen[bytes] | None = None
        run("ip", "netns", "add", self.namespace)
        run("ip", "link", "add", self._cable, "type", "veth", "peer", "name", "uplink",
            "netns", self.namespace)  # fmt: skip
        run("ip", "addr", "add", f"{self.hub}/24", "dev", self._cable)
        run("ip", "link", "set", self._cable, "up")
        self.ip("addr", "add", f"{self.address}/24", "dev", "uplink")
        self.ip("link", "set", "uplink", "up")
        self.ip("link", "set", "lo", "up")
        self._serve()

    def _serve(self) -> None:
        """Identity and network, as a process of neighbours serves them."""
        conf = self.lab.conf
        identity = IdentityService(conf, self.lab.database)
        cloud = Deployment(conf, "hub", identity=identity, network=self.lab.service)
        cloud.mounts["/identity"] = identity_app.app(cloud)
        cloud.mounts["/network"] = network_app.app(cloud)
        self.cloud = cloud
        self._server = server.serve(paste.load_app(cloud), self.hub, 0, threads=8)
        url = f"http://{self.hub}:{self._server.port}"
        conf.set_override("public_url", url, "embedded")
        accounts(conf, identity)
        self._server.start()
        password = read_credentials(conf.embedded.credentials_file)["nova"]
        pathlib.Path(f"{self.lab.directory}/agent.conf").write_text(
            f"[DEFAULT]\nhost = {FAR}\ndebug = true\nstate_path = {self.lab.directory}/far\n"
            f"[embedded]\ndevice_prefix = {self.lab.prefix}\ntunnel_address = {self.address}\n"
            f"[neutron]\ndriver = remote\nendpoint_override = {url}/network\n"
            f"auth_url = {url}/identity\nusername = nova\npassword = {password}\n"
        )

    def start_agent(self) -> None:
        words = [
            "ip", "netns", "exec", self.namespace, "unshare", "-m", "--propagation", "private",
            "sh", "-c", ALONE, "sh", sys.executable, "-m", "novalite.cmd.network_agent",
            "--config-file", f"{self.lab.directory}/agent.conf",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            environment = {**os.environ, "no_proxy": "*"}
            self._agent = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
        seen = self.log.read_text().count("is in force")
        eventually(lambda: self.log.read_text().count("is in force") > seen, "the agent works", 30)

    def kill_agent(self) -> None:
        if self._agent is not None:
            self._agent.send_signal(signal.SIGKILL)
            self._agent.wait()
            self._agent = None

    def guest(self, network: str, **body: Any) -> Guest:
        """A guest on this host; its bridge is there because its port is bound."""
        guest = self.lab.guest(network, plug=False, **{"binding:host_id": FAR, **body})
        self.lab.plug(guest, self.namespace)
        return guest

    def ip(self, *words: str, check: bool = True) -> str:
        return run("ip", "-n", self.namespace, *words, check=check)

    def devices(self) -> list[str]:
        """What the agent has made."""
        lines = self.ip("-o", "link").splitlines()
        names = [line.split(": ")[1].split("@")[0] for line in lines]
        return [name for name in names if name.startswith(self.lab.prefix)]

    def close(self) -> None:
        self.kill_agent()
        self.lab.service.host_states.stop()
        self._server.stop()
        run("ip", "link", "del", self._cable, check=False)
        run("ip", "netns", "del", self.namespace, check=False)


def far_lab() -> tuple[Lab, FarHost]:
    """A lab with a second host whose agent runs."""
    claims = Claims()
    link = claims.octets("100.{}.{}", 65, 126)
    lab = Lab(tunnel_address=f"{link}.1")
    lab.claims.join(claims)
    try:
        host = FarHost(lab, link)
    except BaseException:
        lab.close()
        raise
    return lab, host
