"""Every word a person reads stands in the catalogues, in every language, and nothing else does."""

from __future__ import annotations

import re
import string

import pytest
from code_texts import (
    chinese_strings,
    english_sentences,
    is_asked_for,
    modules,
    texts_made,
)

from pipelines.language import languages
from pipelines.language.catalogue import CATALOGUES, catalogue
from pipelines.language.sorting import in_order

# Where Python must know words of a company's data or of its systems in order to read them: headings,
# units, stages, names of objects and rights, marks by which a text is taken apart. No sentences.
VOCABULARIES = (
    "pipelines/alerting/words/wording.py",  # marks that end a sentence
    "pipelines/sample/",  # the generated company's own data, and its labels
    "pipelines/commands/metrics_page.py",  # docs/metrics.md, which is in both languages at once
    "pipelines/commands/semantic_layer.py",  # labels of the semantic layer, both languages at once
    "pipelines/configuration/expressions.py",  # full-width signs in formulas
    "pipelines/configuration/file_mapping.py",  # units of amounts
    "pipelines/configuration/order_statuses.py",  # how systems and sheets call states of orders
    "pipelines/language/text.py",  # marks between names
    "pipelines/notifying/describing.py",  # marks by which an alert's message is taken apart
    "pipelines/notifying/messages.py",
    "pipelines/reporting/alert_words.py",
    # How a system calls its objects, fields and errors; what sheets call columns, units and totals.
    "pipelines/sources/fxiaoke/objects.py",
    "pipelines/sources/fxiaoke/options.py",
    "pipelines/sources/jiandaoyun/cells.py",  # marks between and within values
    "pipelines/sources/jiandaoyun/forms.py",
    "pipelines/sources/jiandaoyun/mapping.py",  # brackets of captions
    "pipelines/sources/jiandaoyun/options.py",
    "pipelines/sources/jiandaoyun/records.py",
    "pipelines/sources/kingdee/answers.py",
    "pipelines/sources/kingdee/checking.py",
    "pipelines/sources/kingdee/forms.py",
    "pipelines/sources/records/targets.py",
    "pipelines/sources/spreadsheet/checks.py",  # words for totals
    "pipelines/sources/spreadsheet/faults.py",  # marks between findings
    "pipelines/sources/spreadsheet/formats/facts/number_formats.py",
    "pipelines/sources/spreadsheet/layout/aliases.py",
    "pipelines/sources/spreadsheet/layout/heading_search.py",  # amounts and days beside headings
    "pipelines/sources/spreadsheet/layout/headings.py",
    "pipelines/sources/spreadsheet/lists/row_choice.py",
    "pipelines/sources/spreadsheet/targets/scopes.py",  # what stands behind a person's name
    "pipelines/sources/spreadsheet/targets/target_rows.py",
    "pipelines/sources/spreadsheet/targets/target_sheet.py",
    "pipelines/sources/spreadsheet/values/",
    "quality/dbt_results.py",  # full stops that are taken off notes
    "quality/identity.py",  # forms of companies
    "quality/reconciliation.py",  # states of cancelled orders
    "quality/rejected.py",  # marks between reasons
    "quality/similar_names.py",  # numerals that tell two names apart
    "quality/suite_reader.py",
)


def forms(entry: str | tuple[str, ...]) -> tuple[str, ...]:
    return (entry,) if isinstance(entry, str) else entry


def blanks(sentence: str) -> set[str]:
    names = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
    # What a sentence is about: languages choose what stands first, all three are given.
    return {"metric" if name in {"heading", "period"} else name for name in names}


def of_every_room():
    return [pytest.param(name, tree, id=name) for name, tree in modules().items()]


@pytest.mark.parametrize(("name", "tree"), of_every_room())
def test_code_says_nothing_by_itself(name, tree):
    chinese = [] if name.startswith(VOCABULARIES) else chinese_strings(tree)
    said = [*chinese, *english_sentences(tree)]
    assert not said, f"{name}: {said[:5]}"


@pytest.mark.parametrize("language", languages())
def test_every_entry_has_its_words_and_its_twins_blanks(language):
    known, english = catalogue(language), catalogue("en")
    assert known.keys() == english.keys()
    for key, entry in known.items():
        assert all(form for form in forms(entry)), key
        # A form for one may leave the number out ("a day").
        wanted = set().union(*map(blanks, forms(english[key])))
        assert set().union(*map(blanks, forms(entry))) == wanted, key


def test_chinese_is_written_as_chinese_is():
    for key, entry in catalogue("zh").items():
        if key.startswith("config.expression."):
            continue  # formulas are written with the signs that the parser takes
        for form in forms(entry):
            assert not re.search(r"[\u4e00-\u9fff][,;:?!]", form), key


def test_no_entry_is_left_that_nobody_asks_for():
    unused = [key for key in catalogue("en") if not is_asked_for(key)]
    # Help is looked up by the path of the command.
    assert not [key for key in unused if not key.startswith("command.help.")]


def test_every_key_in_the_code_is_in_the_catalogues_with_what_goes_into_it():
    known, wrong, seen = catalogue("en"), [], 0
    for place, key, given in texts_made():
        seen += 1
        if key not in known:
            wrong.append(f"{place}: no sentence for {key}")
        elif given is not None:
            asked = {
                name
                for form in forms(known[key])
                for _, name, _, _ in string.Formatter().parse(form)
                if name
            }
            if asked - given:
                wrong.append(f"{place}: {key} wants {sorted(asked - given)}")
    assert wrong == []
    assert seen > 1300


@pytest.mark.parametrize("language", languages())
def test_catalogues_are_in_order(language):
    path = CATALOGUES / f"{language}.po"
    assert path.read_bytes() == in_order(path), "python -m pipelines.language.sorting"
