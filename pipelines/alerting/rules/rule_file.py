"""Reading `alert_rules.yml`: a bad rule is refused with its line and the fix, the others run.

Add here: a check that needs the whole file or the company's own scopes and metrics.
Keep out: checks of one rule by itself (`rule.py`).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.catalogue import METRICS, SCOPE_TYPES
from pipelines.configuration.problems import FastLoader, Problem, accepted_by, read_yaml
from pipelines.language import Said, languages, text
from pipelines.metrics import definitions

ACCEPTED = text("config.rules.list")


def load_rules(
    path: Path,
    *,
    known_metrics: Collection[str] | None = None,
    scopes: Iterable[tuple[str, str]] | None = None,
) -> tuple[list[Rule], list[Problem]]:
    """The rules that can be used, in the order of the file, and every fault of the others.

    `known_metrics` are the metrics that the marts hold; default: all that Forewarn defines.
    `scopes` are (scope_type, scope_id) of the company, for rules that name scopes by `only`;
    None leaves those names unchecked. Rules with `mode: off` are checked and left out.
    """
    problems: list[Problem] = []
    content = read_yaml(path, problems, accepted=ACCEPTED)
    if content is None:
        return [], problems
    if not isinstance(content, dict) or not isinstance(content.get("rules"), list):
        problems.append(Problem(path.name, "rules", text("config.not_a_list"), ACCEPTED))
        return [], problems
    for key in sorted(set(content) - {"rules"}):
        problems.append(
            Problem(path.name, str(key), text("config.unknown_key"), text("config.rules.only"))
        )
    lines = _lines(path)
    rules: list[Rule] = []
    places: dict[str, str] = {}
    known_scopes = None if scopes is None else set(scopes)
    for number, entry in enumerate(content["rules"]):
        line = lines[number] if number < len(lines) else 0
        name = entry.get("name", f"rule {number + 1}") if isinstance(entry, dict) else number + 1
        where = f"line {line}, rule {name}"
        found = _read_one(path.name, where, entry, problems)
        if found is None:
            continue
        faults = list(_faults(path.name, where, found, known_metrics, known_scopes))
        if any(rule.name == found.name for rule in rules):
            faults.append(
                Problem(
                    path.name,
                    f"{where}, name",
                    text("config.rules.twice"),
                    text("config.rules.another_name"),
                )
            )
        problems.extend(faults)
        if not faults:
            rules.append(found)
            places[found.name] = where
    rules = _with_names_of_their_own(path.name, rules, places, problems)
    rules = _with_known_partners(path.name, rules, places, problems)
    rules = _with_known_parts(path.name, rules, places, problems)
    return [rule for rule in rules if rule.mode != "off"], problems


def _read_one(file: str, where: str, entry: Any, problems: list[Problem]) -> Rule | None:
    if not isinstance(entry, dict):
        problems.append(Problem(file, where, text("config.not_keys"), text("config.rules.keys")))
        return None
    told: set[str] = set()
    rest: dict[str, Any] | None = {str(key): value for key, value in entry.items()}
    sound = True
    while rest is not None:
        try:
            found = Rule(**rest)
        except ValidationError as error:
            for item in error.errors():
                if item["type"] == "too_short" and len(error.errors()) > 1:
                    continue  # follows from a refused item of the same list
                problem = _problem(file, where, dict(item), entry)
                if str(problem) not in told:
                    told.add(str(problem))
                    problems.append(problem)
            # What fits together is only looked at once every key is well formed: try without the rest.
            rest, sound = _without(rest, [tuple(item["loc"]) for item in error.errors()]), False
        else:
            return found if sound else None
    return None


# What stands in for a faulty key that a rule must have, where its value hides no other fault.
_HARMLESS: dict[str, Any] = {
    "name": "x", "family": "x", "title": {"zh": "x", "en": "x"}, "advice": {"zh": "x", "en": "x"},
    "scopes": ["company"],
}  # fmt: skip


def _without(entry: dict[str, Any], places: list[tuple[Any, ...]]) -> dict[str, Any] | None:
    """The entry without the faulty keys, so that faults behind them show; None if one is needed."""
    rest = {key: dict(value) if isinstance(value, dict) else value for key, value in entry.items()}
    for place in places:
        key = str(place[0]) if place else ""
        of_condition = key == "condition" and len(place) > 2
        if of_condition and isinstance(rest.get(key), dict) and str(place[2]) in rest[key]:
            del rest[key][str(place[2])]
        elif key in _HARMLESS:
            rest[key] = _HARMLESS[key]
        elif key in rest and (
            key not in Rule.model_fields or not Rule.model_fields[key].is_required()
        ):
            del rest[key]
        else:
            return None
    return rest if rest != entry else None


def _problem(file: str, where: str, item: dict[str, Any], entry: dict[str, Any]) -> Problem:
    # The tag of a union is no key of the file.
    kind = entry["condition"].get("type") if isinstance(entry.get("condition"), dict) else None
    path = [str(part) for part in item["loc"]]
    if len(path) > 1 and path[0] == "condition" and path[1] == kind:
        del path[1]
    key = f"{where}, {'.'.join(path)}" if path else where
    accepted = accepted_by(item)
    if item["type"] == "missing":
        return Problem(file, key, text("config.missing"), text("config.a_value_for_key"))
    if path[:1] in (["title"], ["advice"]):
        named = (
            {*item["input"]} if len(path) == 1 and isinstance(item["input"], dict) else {*path[1:]}
        )
        if strange := sorted({str(one) for one in named} - {*languages()}):
            key = f"{where}, {path[0]}.{strange[0]}"
            words = text("config.rules.only_languages", languages=[*languages()])
            return Problem(file, key, text("config.unknown_key"), words)
    if item["type"] == "extra_forbidden":
        return Problem(file, key, text("config.unknown_key"), _no_such_key(path, kind))
    if item["type"].startswith("union_tag"):
        expected = item.get("ctx", {}).get("expected_tags", text("config.rules.known_condition"))
        return Problem(
            file, f"{key}.type", repr(kind), text("config.rules.one_of", expected=expected)
        )
    if path == ["metric"]:
        fault = definitions().faults.get(str(item["input"]))
        if fault:
            found = text("config.rules.faulty_metric", input=item["input"], fault=fault)
            return Problem(file, key, found, text("config.rules.defined_metric"))
        near = difflib.get_close_matches(str(item["input"]), METRICS, 1)
        if near:
            accepted = text("config.rules.nearest_or", nearest=near[0], accepted=accepted)
        return Problem(file, key, text("config.rules.no_metric", input=item["input"]), accepted)
    if path and path[0] == "scopes":
        return Problem(
            file,
            key,
            text("config.rules.no_scope", input=item["input"]),
            text("config.rules.one_of_scopes", scope_types=[*SCOPE_TYPES]),
        )
    plain = not isinstance(item["input"], dict)
    shown = repr(item["input"]) if plain else text("config.rules.unfitting")
    return Problem(file, key, shown, accepted)


def _no_such_key(path: list[str], kind: Any) -> Said:
    if path[0] == "condition":
        return text("config.rules.key_of_condition", condition=kind)
    return text("config.rules.one_of", expected=[*Rule.model_fields])


def _faults(
    file: str,
    where: str,
    rule: Rule,
    known_metrics: Collection[str] | None,
    known_scopes: set[tuple[str, str]] | None,
) -> Iterable[Problem]:
    if known_metrics is not None and rule.metric not in known_metrics and not rule.on_targets:
        yield Problem(
            file,
            f"{where}, metric",
            text("config.rules.not_in_marts", metric=rule.metric),
            text("config.rules.one_of_known", known_metrics=[*sorted(known_metrics)]),
        )
    if known_scopes is None:
        return
    for name in rule.only:
        if not any((kind, name) in known_scopes for kind in rule.scopes):
            ids = sorted(i for kind, i in known_scopes if kind in rule.scopes)
            near = difflib.get_close_matches(name, ids, 1, 0.5)
            accepted = (
                text("config.rules.nearest", nearest=near[0])
                if near
                else text("config.rules.one_of", expected=ids[:12])
            )
            found = text("config.rules.no_such", kinds="/".join(rule.scopes), name=name)
            yield Problem(file, f"{where}, only", found, accepted)


def _with_names_of_their_own(
    file: str, rules: list[Rule], places: dict[str, str], problems: list[Problem]
) -> list[Rule]:
    """Without the rules whose earlier name is another rule's: both would have the same alerts."""
    kept = []
    for rule in rules:
        others = {name for one in rules if one is not rule for name in (one.name, one.known_as)}
        if rule.renamed_from is None or rule.renamed_from not in others:
            kept.append(rule)
            continue
        problems.append(
            Problem(
                file,
                f"{places[rule.name]}, renamed_from",
                text("config.rules.still_used", name=rule.renamed_from),
                text("config.rules.another_name"),
            )
        )
    return kept


def _with_known_partners(
    file: str, rules: list[Rule], places: dict[str, str], problems: list[Problem]
) -> list[Rule]:
    families = {rule.family for rule in rules}
    kept = []
    for rule in rules:
        unknown = sorted(set(rule.raised_by) - families)
        own = rule.family in rule.raised_by
        if not unknown and not own:
            kept.append(rule)
            continue
        found = (
            text("config.rules.no_family", families=unknown)
            if unknown
            else text("config.rules.own_family")
        )
        others = ", ".join(sorted(families - {rule.family}))
        problems.append(
            Problem(
                file,
                f"{places[rule.name]}, raised_by",
                found,
                text("config.rules.some_of", others=others),
            )
        )
    return kept


def _with_known_parts(
    file: str, rules: list[Rule], places: dict[str, str], problems: list[Problem]
) -> list[Rule]:
    """Without the rules made of others that are not there, off, or made of others themselves; what pools
    figures takes filters alone.
    """
    plain = [rule for rule in rules if not (rule.parts or rule.pools) and rule.mode != "off"]
    filters = {rule.name for rule in plain if rule.filters}
    kept = []
    for rule in rules:
        usable = filters if rule.pools else {one.name for one in plain}
        unknown = [name for name in (*rule.parts, *rule.pools) if name not in usable]
        if not unknown:
            kept.append(rule)
            continue
        problems.append(
            Problem(
                file,
                f"{places[rule.name]}, condition.of",
                text(
                    "config.rules.no_voice" if rule.pools else "config.rules.no_part", rules=unknown
                ),
                text("config.rules.some_of", others=", ".join(sorted(usable - {rule.name}))),
            )
        )
    return kept


def _lines(path: Path) -> list[int]:
    """The line on which each entry of `rules` begins."""
    root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=FastLoader)
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "rules" and isinstance(value, yaml.SequenceNode):
                return [node.start_mark.line + 1 for node in value.value]
    return []
