"""Every word a person reads, in every language: catalogues, and how a sentence is filled in.

Add here: a language (one more `catalogues/<code>.po`), a way of writing a number, a date, money.
Keep out: what is said when (the callers), words that stand in the data (names, stages, rules).

    say = text("sheets.cell.no_date", value="31.02.")   # a sentence not yet in any language
    say.into("zh"), say.into("en"), str(say)            # str(): the language this process speaks
"""

from pipelines.language.catalogue import has, languages
from pipelines.language.speaking import speak, spoken
from pipelines.language.text import Said, Text, text

__all__ = ["Said", "Text", "has", "languages", "speak", "spoken", "text"]
