"""Finding filters and weighers by class name: in a package, one module each, or among the entry
points of that package's name. A new one is a new file and nothing else."""

import importlib
import inspect
import pkgutil
from importlib.metadata import entry_points


def classes_in(package: str, base: type) -> dict[str, type]:
    """All subclasses of ``base`` defined in modules of ``package``, by class name."""
    found: dict[str, type] = {}
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        content = importlib.import_module(f"{package}.{module.name}")
        for name, member in inspect.getmembers(content, inspect.isclass):
            if issubclass(member, base) and member.__module__ == content.__name__:
                found[name] = member
    found.pop(base.__name__, None)
    return found


def load(package: str, base: type, name: str, known: dict[str, type]) -> type:
    """The class that a configuration names: its class name, alone or after dots, or an entry
    point. Raises ValueError that lists what there is."""
    short = name.rpartition(".")[2]
    if short in known:
        return known[short]
    for point in entry_points(group=package):
        if point.name == name:
            loaded = point.load()
            if inspect.isclass(loaded) and issubclass(loaded, base):
                return loaded
    raise ValueError(f"{name} is not in {package}; there are: {', '.join(sorted(known))}")
