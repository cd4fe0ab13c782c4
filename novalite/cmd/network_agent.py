"""``novalite-network-agent``: the network of a compute host, as the network service has it."""

import sys

from novalite.cmd import backend


def main() -> int:
    # The data plane enters network namespaces, which is a matter of real threads.
    chosen = backend.start(default="threading")
    import logging

    from novalite.cmd import service, single
    from novalite.network.embedded.plane.agent import NetworkAgent
    from novalite.network.neutron import service_session

    conf = single.configure(sys.argv[1:])
    service.setup_logging(conf, "novalite-network-agent")
    with service.Process() as process:
        process.add("network agent", NetworkAgent(conf, service_session(conf)))
        logging.getLogger(__name__).info("novalite-network-agent on %s, %s", conf.host, chosen)
        process.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
