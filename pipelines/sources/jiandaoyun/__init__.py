"""简道云 (Jiandaoyun), a form platform whose CRM is a set of forms that each tenant customises.

Add here: nothing but what others may import. Keep out: what other systems share. Modules: `options` (what sources.yml may say), `forms`
(which form and which widgets hold an entity, as data), `matching` (the tenant's forms), `mapping`
(its widgets), `cells` and `periods` (values), `tables` (raw columns), `api` (requests and pages),
`answers` (error codes), `loading` (one form, one night), `directory` (people and departments),
`checking` (`forewarn check`), `connector` (the whole).

What no manual says and how it is handled:
- which code a bad key gets (8301, 8302, 401 or 403): all of them end the run and name the key;
- whether `updateTime` can be filtered: probed with two requests at each full load (`update_filter`);
- the zone of a date bound: bounds are whole days with two days of overlap;
- whether more than 100 rows a page are cut or refused: never asked for; pages end with an empty one;
- whether batch edits move `updateTime`: everything is read anew every `full_every_days`;
- whether a delete moves `dataModifyTime`: it is not used; ids are swept instead;
- keys of a linked record beyond `name`: `_id` and `id` are taken if present, else staging joins by name;
- whether the root department is listed, and which of several departments is a member's main one:
  both cases work; `primary_department` and `departments` decide;
- entry ids of 线索, 合同/订单, 业绩目标: found by name, pinned by `forms.<entity>.entry_id`.

The system keeps the newest version of a record only. So a record that was edited after the run's
upper bound comes as it is now; records created after the bound are left to the next run.
"""

from pipelines.sources.jiandaoyun.connector import JiandaoyunConnector
from pipelines.sources.jiandaoyun.tables import TABLES

__all__ = ["TABLES", "JiandaoyunConnector"]
