"""``novalite-neighbours``: see novalite.cmd.compose for what it is made of."""

import sys

from novalite.cmd import backend


def main() -> int:
    # The data plane enters network namespaces, which is a matter of real threads.
    chosen = backend.start(default="threading")
    from novalite.cmd import single

    return single.run("neighbours", sys.argv[1:], chosen)


if __name__ == "__main__":
    sys.exit(main())
