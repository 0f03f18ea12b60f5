"""纷享销客 (Fxiaoke, ShareCRM), read by its open API. Facts and rights: docs/sources/fxiaoke.md.

Add here: what is peculiar to this system. Keep out: requests, retries and rows as all systems have them
(`http/`, `records/`).

objects.py   which objects and fields       options.py    what sources.yml may say
login.py     the token                      answers.py    what codes mean
tenant.py    requests                       selection.py  which fields a tenant shows
records.py   odd values made plain          planning.py   what is read of an object
reading.py   one object                     comparing.py  what vanished or came back
people.py    employees without PersonnelObj, regions of departments
connector.py the source as a whole          checking.py   `forewarn check`
"""

from pipelines.sources.fxiaoke.connector import FxiaokeConnector
from pipelines.sources.fxiaoke.objects import TABLES

__all__ = ["TABLES", "FxiaokeConnector"]
