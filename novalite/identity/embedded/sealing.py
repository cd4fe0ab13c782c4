"""Secrets that have to be read again (EC2 and OAuth keys): encrypted by keys in files."""

from novalite.identity.embedded.keys import KeyRepository


class Sealer:
    def __init__(self, keys: KeyRepository) -> None:
        self._keys = keys

    def seal(self, text: str) -> str:
        return self._keys.fernet().encrypt(text.encode("utf-8", "surrogatepass")).decode("ascii")

    def open(self, sealed: str) -> str:
        """Raises cryptography's InvalidToken when the key is gone."""
        return self._keys.fernet().decrypt(sealed.encode("ascii")).decode("utf-8", "surrogatepass")

    def renew(self, sealed: str) -> str:
        """The same under the newest key."""
        return self._keys.fernet().rotate(sealed.encode("ascii")).decode("ascii")
