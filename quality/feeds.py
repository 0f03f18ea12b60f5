"""feeds.yml: how old and how small each feed may be, the shipped defaults under the company's own.

Add here: a limit on a feed. Keep out: applying it (`freshness.py`, `volume.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.configuration.problems import ConfigurationError, Problem, read_yaml
from pipelines.entities import ENTITIES
from pipelines.language import text

SHIPPED = Path(__file__).parent / "feeds.yml"
FILE_NAME = "feeds.yml"


@dataclass(frozen=True)
class FeedLimits:
    """Limits of one (source, entity). Ages are in workdays; None = no limit."""

    late_after: float | None = None
    stale_after: float | None = None
    may_shrink: bool = False
    may_be_empty: bool = True
    accepted_rows: int | None = None


@dataclass(frozen=True)
class Feeds:
    """All limits. Later layers win: all entities, the entity, all of the source, the one feed."""

    layers: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()

    def limits(self, source: str, entity: str) -> FeedLimits:
        """What holds for one feed."""
        found = FeedLimits()
        for place in (("*", "*"), ("*", entity), (source, "*"), (source, entity)):
            for layer_source, layer_entity, keys in self.layers:
                if (layer_source, layer_entity) == place:
                    found = replace(found, **keys)
        return found

    def declares_age(self, source: str, entity: str) -> bool:
        """Whether the company itself set an age for this feed, which then beats a learned one."""
        return any(
            "late_after" in keys or "stale_after" in keys
            for layer_source, layer_entity, keys in self.layers
            if layer_source == source and layer_entity in ("*", entity)
        )


def read_feeds(config_dir: Path | None = None, sources: Iterable[str] | None = None) -> Feeds:
    """The shipped limits, and over them the company's `feeds.yml` if there is one.

    `sources` are the names of sources.yml, so that a misspelt one is found. Raises
    `ConfigurationError` with every problem.
    """
    problems: list[Problem] = []
    layers = _read(SHIPPED, None, problems)
    own = config_dir / FILE_NAME if config_dir else None
    if own is not None and own.is_file():
        layers += _read(own, None if sources is None else set(sources), problems)
    if problems:
        raise ConfigurationError(problems)
    return Feeds(tuple(layers))


def _read(
    path: Path, sources: set[str] | None, problems: list[Problem]
) -> list[tuple[str, str, Mapping[str, Any]]]:
    content = read_yaml(path, problems, accepted=text("config.feeds.parts"))
    if content is None:
        return []
    if not isinstance(content, dict) or not set(content) <= {"defaults", "sources"}:
        problems.append(
            Problem(path.name, "", text("config.feeds.no_mapping"), "defaults, sources")
        )
        return []
    groups = [("defaults", "*", content.get("defaults") or {})]
    named = content.get("sources") or {}
    if not isinstance(named, dict):
        problems.append(
            Problem(path.name, "sources", repr(named), text("config.feeds.mapping_by_source"))
        )
        named = {}
    for source, entities in named.items():
        if sources is not None and source not in sources:
            problems.append(
                Problem(
                    path.name,
                    f"sources.{source}",
                    text("config.no_such_source"),
                    ", ".join(sorted(sources)),
                )
            )
        groups.append((f"sources.{source}", str(source), entities or {}))
    layers: list[tuple[str, str, Mapping[str, Any]]] = []
    for label, source, entities in groups:
        if not isinstance(entities, dict):
            problems.append(
                Problem(path.name, label, repr(entities), text("config.feeds.mapping_by_entity"))
            )
            continue
        for entity, keys in entities.items():
            # A source may have tables under names of its own, so only defaults are checked.
            if label == "defaults" and entity != "*" and entity not in ENTITIES:
                accepted = ", ".join(["*", *ENTITIES])
                problems.append(
                    Problem(
                        path.name, f"{label}.{entity}", text("config.feeds.no_entity"), accepted
                    )
                )
            layers.append((source, str(entity), _keys(path, f"{label}.{entity}", keys, problems)))
    return layers


def _keys(path: Path, label: str, keys: Any, problems: list[Problem]) -> dict[str, Any]:
    accepted = ", ".join(FeedLimits.__dataclass_fields__)
    if not isinstance(keys, dict):
        problems.append(Problem(path.name, label, repr(keys), accepted))
        return {}
    good = {}
    for key, value in keys.items():
        if key not in FeedLimits.__dataclass_fields__:
            problems.append(
                Problem(path.name, f"{label}.{key}", text("config.unknown_key"), accepted)
            )
        elif (wanted := _wanted(key, value)) is not None:
            problems.append(Problem(path.name, f"{label}.{key}", repr(value), wanted))
        else:
            good[key] = value
    late, stale = good.get("late_after"), good.get("stale_after")
    if late is not None and stale is not None and late > stale:
        problems.append(
            Problem(
                path.name,
                f"{label}.stale_after",
                repr(stale),
                text("config.feeds.at_least_late", late=late),
            )
        )
    return good


def _wanted(key: str, value: Any) -> str | None:
    """What would have been accepted, or None if the value is."""
    if key in ("may_shrink", "may_be_empty"):
        return None if isinstance(value, bool) else "true or false"
    if key == "accepted_rows":
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return None if whole else "a whole number of rows from 0"
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return None if value is None or number else "a number of workdays above 0, or null"
