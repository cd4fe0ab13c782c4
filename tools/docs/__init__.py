"""Reference pages and samples, written from the declarations in the code.

One module per page; each has ``pages()``: path in the repository -> text.
"""

import pathlib

from tools.docs import api, configuration, openapi, policies, states

ROOT = pathlib.Path(__file__).parents[2]
MODULES = (api, openapi, configuration, policies, states)


def pages() -> dict[str, str]:
    return {path: text for module in MODULES for path, text in module.pages().items()}
