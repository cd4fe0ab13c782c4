"""Short words for tests of the embedded identity service's REST API."""

from typing import Any

from tests.support.embedded_cloud import Cloud

DEFAULT = {"domain": {"id": "default"}}


class Api:
    """One caller. Each method checks the answer's code and gives its body."""

    def __init__(self, cloud: Cloud, token: str | None) -> None:
        self.cloud = cloud
        self.token = token

    def call(
        self, method: str, path: str, body: Any = None, code: int = 200, **headers: str
    ) -> Any:
        answer = self.cloud.request(method, f"/v3/{path}", body, self.token, **headers)
        assert answer.status_int == code, f"{method} {path}: {answer.status_int} {answer.text}"
        return answer.json if answer.body and answer.content_type == "application/json" else answer

    def get(self, path: str, code: int = 200) -> Any:
        return self.call("GET", path, code=code)

    def post(self, path: str, body: Any, code: int = 201) -> Any:
        return self.call("POST", path, body, code)

    def put(self, path: str, body: Any = None, code: int = 204) -> Any:
        return self.call("PUT", path, body, code)

    def patch(self, path: str, body: Any, code: int = 200) -> Any:
        return self.call("PATCH", path, body, code)

    def delete(self, path: str, code: int = 204) -> Any:
        return self.call("DELETE", path, code=code)

    def make(self, noun: str, plural: str | None = None, **values: Any) -> Any:
        """The resource made with these values."""
        return self.post(plural or f"{noun}s", {noun: values})[noun]

    def role(self, name: str) -> str:
        """Its id."""
        (found,) = self.get(f"roles?name={name}")["roles"]
        return found["id"]


def admin_of(cloud: Cloud) -> Api:
    return Api(cloud, cloud.token("admin"))


def user_id_of(cloud: Cloud, token: str) -> str:
    return cloud.service.validate(token).user_id


def log_in(cloud: Cloud, identity: dict[str, Any], scope: Any = None, **headers: str) -> Any:
    """The answer of POST /v3/auth/tokens."""
    auth: dict[str, Any] = {"identity": identity}
    if scope is not None:
        auth["scope"] = scope
    return cloud.request("POST", "/v3/auth/tokens", {"auth": auth}, **headers)


def by_password(user: str, password: str, domain_id: str = "default") -> dict[str, Any]:
    spec = {"name": user, "domain": {"id": domain_id}, "password": password}
    return {"methods": ["password"], "password": {"user": spec}}


def token_of(answer: Any) -> str:
    assert answer.status_int in (200, 201), answer.text
    return str(answer.headers["X-Subject-Token"])
