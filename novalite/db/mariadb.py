"""Connections to MariaDB and MySQL that cost no more round trips than they need.

They commit by themselves, so that a reader sends its SELECT and nothing else, and a writer says
BEGIN (PyMySQL would otherwise be in a transaction from the first SELECT on, and SQLAlchemy would
have to end that with a ROLLBACK each time a connection is given back).
"""

import ssl
from typing import Any

from pymysql.connections import Connection
from pymysql.constants.SERVER_STATUS import SERVER_STATUS_IN_TRANS


class FrugalConnection(Connection):
    """``autocommit`` is on. Only what began with ``begin`` is rolled back."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**{"autocommit": True, **arguments})

    def rollback(self) -> None:
        """Nothing to send where the server's last word was that no transaction is open."""
        status = self.server_status
        if status is None or status & SERVER_STATUS_IN_TRANS:
            super().rollback()

    def _create_ssl_ctx(self, sslp: Any) -> ssl.SSLContext:
        """What PyMySQL makes for each connection whose URL says nothing about TLS (used if the
        server offers it, certificates not verified), made once: it reads all certificates of
        the system, which takes longer than all else that connecting does."""
        if sslp or not _shared:
            context: ssl.SSLContext = super()._create_ssl_ctx(sslp)
            if not sslp:
                _shared.append(context)
            return context
        return _shared[0]


_shared: list[ssl.SSLContext] = []
