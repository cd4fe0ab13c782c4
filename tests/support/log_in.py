"""Tokens for tests that ask a whole deployment through WSGI."""

import webtest


def project_token(http: webtest.TestApp, user: str, password: str) -> str:
    """Of one of the first users, in the project that is its own (``nova``: service)."""
    project = "service" if user == "nova" else user
    domain = {"id": "default"}
    who = {"name": user, "domain": domain, "password": password}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": who}},
            "scope": {"project": {"name": project, "domain": domain}},
        }
    }
    answer = http.post_json("/identity/v3/auth/tokens", body)
    return str(answer.headers["X-Subject-Token"])
