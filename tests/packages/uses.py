# SPDX-License-Identifier: BSD-2-Clause
# mypy: ignore-errors
"""Uses real packages, and what finds them; prints what came of each use, as JSON.

It is run in the sandbox and outside, and must print the same. Nothing here depends on places.
"""

import inspect
import json
import pkgutil
import sys
from importlib import import_module, metadata, resources


def attrs():
    import attrs

    @attrs.define(order=True)
    class Point:
        x: int = attrs.field(validator=attrs.validators.instance_of(int))
        y: list[int] = attrs.field(factory=list)

    try:
        Point("left")
    except TypeError as error:
        refusal = error.args[0]
    return [repr(Point(1, [2])), attrs.asdict(Point(3)), Point(1) < Point(2), refusal]


def jinja2():
    import jinja2
    import markupsafe

    environment = jinja2.Environment(autoescape=True)
    environment.loader = jinja2.DictLoader({"base": "<{% block b %}{% endblock %}>"})
    text = (
        "{% extends 'base' %}{% block b %}{% for x in xs %}{{ x|upper }};{% endfor %}{% endblock %}"
    )
    page = environment.from_string(text).render(xs=["a", "<&>", markupsafe.Markup("<b>")])
    return [page, markupsafe.escape("<a> & 'b'"), markupsafe.Markup("<i>%s</i>") % "<"]


def jinja2_templates():
    """Templates that are files of a package: any text will do."""
    import jinja2

    environment = jinja2.Environment(loader=jinja2.PackageLoader("attr", ""))
    return [environment.get_template("py.typed").render(), environment.list_templates()]


def more_itertools():
    import more_itertools

    chunks = list(more_itertools.chunked(range(7), 3))
    return [chunks, list(more_itertools.windowed("abcd", 2)), more_itertools.ilen(range(9))]


def yaml():
    import yaml

    text = "a: [1, 2.5, x, null]\nb: &b {c: 2001-12-14}\nd: *b\ne: |\n  grüße\n"
    try:
        yaml.safe_load("a: [")
    except yaml.YAMLError as error:
        mistake = str(error)
    return [repr(yaml.safe_load(text)), yaml.safe_dump({"q": [1, {"r": "é"}]}), mistake]


def mpmath():
    import mpmath

    with mpmath.workdps(50):
        return [str(mpmath.pi), str(mpmath.zeta(3)), str(mpmath.findroot(mpmath.cos, 1))]


def networkx():
    import networkx

    club = networkx.karate_club_graph()
    ranks = [len(part) for part in networkx.community.greedy_modularity_communities(club)]
    return [networkx.shortest_path(club, 16, 26), networkx.diameter(club), ranks]


def namespace():
    """Two wheels with packages in one namespace."""
    import jaraco
    from jaraco.context import ExceptionTrap
    from jaraco.functools import compose, once

    with ExceptionTrap(ZeroDivisionError) as trap:
        _ = 1 / 0
    names = sorted(module.name for module in pkgutil.iter_modules(jaraco.__path__))
    return [bool(trap), compose(abs, int)("-5"), once(lambda: 7)(), names, jaraco.__file__]


def distributions():
    found = {one.name: one.version for one in metadata.distributions()}
    owners = metadata.packages_distributions()
    needed = metadata.requires("jinja2")
    summary = metadata.metadata("more-itertools")["Summary"]
    return [sorted(found.items()), owners["yaml"], sorted(owners["jaraco"]), needed, summary]


def files():
    """What a distribution installed; pip adds files of its own to a folder."""
    listed = {str(path): path for path in metadata.files("attrs")}
    own = sorted(name for name in listed if name.startswith("attr"))
    own = [name for name in own if not name.endswith(("INSTALLER", "RECORD", "REQUESTED"))]
    text = listed["attr/exceptions.py"].read_text()
    return [own, len(text), listed["attr/exceptions.py"].hash.value]


def entry_points():
    """Find entry points, and load one."""
    names = sorted([point.group, point.name] for point in metadata.entry_points())
    (point,) = metadata.entry_points(group="babel.extractors")
    return [names, point.load().__qualname__, point.dist.name, point.extras]


def data_files():
    folder = resources.files("attr")
    names = sorted(path.name for path in folder.iterdir() if path.name != "__pycache__")
    with resources.as_file(folder / "exceptions.py") as path:
        length = path.stat().st_size
    text = resources.read_text("attr", "exceptions.py")
    return [names, length, len(text), (folder / "py.typed").is_file(), (folder / "no").is_file()]


def sources():
    """What tracebacks and debuggers need."""
    module = import_module("attr.exceptions")
    data = pkgutil.get_data("attr", "exceptions.py")
    names = sorted(found.name for found in pkgutil.iter_modules(import_module("attr").__path__))
    return [len(data), inspect.getsource(module.FrozenError), names]


def absent():
    """What has native code: the sandbox can load none."""
    found = []
    for name in ("yaml._no_such_module", "attr.no_such_module", "no_such_package"):
        try:
            import_module(name)
        except ModuleNotFoundError as error:
            found.append(str(error))
    return found


USES = (
    *(attrs, jinja2, jinja2_templates, more_itertools, yaml, mpmath, networkx, namespace),
    *(distributions, files, entry_points, data_files, sources, absent),
)


def outcome(use):
    try:
        return use()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main():
    """Print the outcomes by name."""
    json.dump({use.__name__: outcome(use) for use in USES}, sys.stdout)


if __name__ == "__main__":
    main()
