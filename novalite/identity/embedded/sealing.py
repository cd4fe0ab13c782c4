"""Secrets that have to be read again (EC2 and OAuth keys): encrypted by keys in files."""

from cryptography.fernet import InvalidToken

from novalite.identity.embedded.keys import KeyRepository


class Sealer:
    def __init__(self, keys: KeyRepository) -> None:
        self._keys = keys

    def seal(self, text: str) -> str:
        return self._keys.fernet().encrypt(text.encode("utf-8", "surrogatepass")).decode("ascii")

    def open(self, sealed: str) -> str:
        """Raises cryptography's InvalidToken when the key is gone."""
        try:
            raw = self._keys.fernet().decrypt(sealed.encode("ascii"))
        except InvalidToken:  # a key that is newer than our last look
            self._keys.reload()
            raw = self._keys.fernet().decrypt(sealed.encode("ascii"))
        return raw.decode("utf-8", "surrogatepass")

    def renew(self, sealed: str) -> str:
        """The same under the newest key."""
        return self._keys.fernet().rotate(sealed.encode("ascii")).decode("ascii")
