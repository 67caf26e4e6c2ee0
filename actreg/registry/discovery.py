"""Which distributions are plugins: read from metadata alone, nothing imported.

Requirements:

- Entry points are iterated by us: pluggy's own loader stops at the first broken one and lets `sys.path` decide between
  equal names.
- The result depends neither on the order of `sys.path` or of installation nor on hashing, nor on what lies in the
  working directory. A distribution that is
  found twice in one version (an editable install beside its source, say) counts once; two versions are a fault of
  that distribution, since which code would run is chance.
- A thousand distributions cost a fraction of a second: `METADATA` is read for plugins only, and only its head.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Final

from actreg.hookspecs import PROJECT
from actreg.registry import whereabouts
from actreg.registry.faults import said
from actreg.registry.sources import Origin, Source
from actreg.registry.static import GROUPS, StaticClaim

_UNKNOWN: Final = "unknown distribution"
_HEADER: Final = re.compile(r"^(Name|Version):[ \t]*(.*?)[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
_FOLDER: Final = re.compile(r"(?P<name>.+?)(-(?P<version>[^-]*))?(-py[\d.]+)?\.(dist|egg)-info")


@dataclass(frozen=True)
class Installed:
    """A distribution that declares something to actreg. fault: why nothing of it can be used, in words. metadata: where
    all this was read."""

    name: str
    version: str
    hooks: tuple[Source, ...] = ()
    static: tuple[StaticClaim, ...] = ()
    fault: str = ""
    metadata: metadata.Distribution | None = field(default=None, compare=False, repr=False)

    @property
    def origin(self) -> Origin:
        """The distribution as a whole."""
        return Origin(self.name, self.version, "", "")


def canonical(distribution: str) -> str:
    """A distribution's name as names are compared: ``My_Plugin`` and ``my-plugin`` are one."""
    return re.sub(r"[-_.]+", "-", distribution.strip()).lower()


def installed() -> list[Installed]:
    """Every distribution with entry points for actreg, sorted by name."""
    found: dict[str, dict[str, tuple[str, metadata.Distribution]]] = {}
    for distribution in metadata.distributions(path=whereabouts.path()):
        if _concerns(distribution):
            name, version = _identity(distribution)
            versions = found.setdefault(canonical(name), {})
            known = versions.get(version)
            if known is None or (_is_source(known[1]) and not _is_source(distribution)):
                versions[version] = (name, distribution)
    return [_settled(found[key]) for key in sorted(found)]


def _settled(versions: dict[str, tuple[str, metadata.Distribution]]) -> Installed:
    # The metadata in a source folder may lag behind what is installed from it.
    proper = {v: pair for v, pair in versions.items() if not _is_source(pair[1])} or versions
    if len(proper) > 1:
        name = min(name for name, _ in proper.values())
        places = " and ".join(f"{version} ({_folder(d)})" for version, (_, d) in sorted(proper.items()))
        return Installed(name, ", ".join(sorted(proper)), fault=f"several versions are installed, {places}: keep one")
    ((version, (name, distribution)),) = proper.items()
    return replace(_read(name, version, distribution), metadata=distribution)


def _read(name: str, version: str, distribution: metadata.Distribution) -> Installed:
    try:
        points = list(distribution.entry_points)
    except Exception as error:  # whatever a damaged file makes the parser raise
        return Installed(name, version, fault=f"its entry_points.txt can't be read: {said(error)}")
    hooks: list[Source] = []
    static: list[StaticClaim] = []
    for point in sorted(set(points), key=lambda point: (point.group, point.name, point.value)):
        origin = Origin(name, version, point.name, point.value)
        if point.group == PROJECT:
            hooks.append(Source(origin, whereabouts.loader(point)))
        elif point.group in GROUPS:
            static.append(StaticClaim(GROUPS[point.group], point.name, origin, whereabouts.loader(point)))
    twice = [c.name for c, d in pairwise(static) if (c.declares, c.name) == (d.declares, d.name)]
    if twice:
        return Installed(name, version, fault=f"its metadata declares {twice[0]!r} twice")
    unknown = sorted({p.group for p in points if p.group.startswith(f"{PROJECT}.") and p.group not in GROUPS})
    if unknown:
        groups = ", ".join(GROUPS)
        return Installed(name, version, fault=f"its metadata has the unknown group {unknown[0]!r} (groups: {groups})")
    return Installed(name, version, tuple(hooks), tuple(static))


def _concerns(distribution: metadata.Distribution) -> bool:
    try:
        text = distribution.read_text("entry_points.txt")
    except Exception:  # undecodable: another package's trouble, unless it says that it is for us
        return _mentions_us(distribution)
    return text is not None and f"[{PROJECT}" in text.replace(" ", "")


def _mentions_us(distribution: metadata.Distribution) -> bool:
    folder = _folder(distribution)
    try:
        return f"[{PROJECT}".encode() in (Path(folder) / "entry_points.txt").read_bytes()
    except OSError:
        return False


def _identity(distribution: metadata.Distribution) -> tuple[str, str]:
    """Name and version, from the head of METADATA or from the folder's name."""
    try:
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    except Exception:
        text = ""
    fields = {key.lower(): value for key, value in reversed(_HEADER.findall(text.partition("\n\n")[0]))}
    folder = _FOLDER.fullmatch(Path(_folder(distribution)).name)
    named = folder.groupdict() if folder else {}
    name = fields.get("name") or named.get("name") or _UNKNOWN
    return name, fields.get("version") or named.get("version") or "(no version)"


def _folder(distribution: metadata.Distribution) -> str:
    return str(getattr(distribution, "_path", ""))


def _is_source(distribution: metadata.Distribution) -> bool:
    return _folder(distribution).endswith(".egg-info")
