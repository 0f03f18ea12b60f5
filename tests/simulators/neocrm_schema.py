"""Objects and fields of a fresh 销售易 tenant, as `description` tells them.

Add here: a standard object or field. Keep out: fields of one company (`neocrm_company.py`).
"""

from __future__ import annotations

_STAMPS = "createdAt:datetime updatedAt:datetime createdBy:reference updatedBy:reference"


def _fields(text: str) -> dict[str, str]:
    named = (part.partition(":") for part in f"id:id {text} {_STAMPS}".split())
    return {name: kind or "text" for name, _, kind in named}


# API key -> field -> type. Picklists hold a label; datetimes and dates hold milliseconds.
SCHEMA: dict[str, dict[str, str]] = {
    "user": _fields(
        "name status:picklist dimDepart:reference personalEmail phone managerId:reference"
    ),
    "department": _fields("departName parentDepartId:reference"),
    "account": _fields(
        "accountName ownerId:reference entityType:reference level:picklist industryId:picklist "
        "fState:picklist phone highSeaStatus:picklist dimDepart:reference"
    ),
    "contact": _fields("contactName accountId:reference ownerId:reference post phone mobile email"),
    "lead": _fields(
        "name companyName ownerId:reference status:picklist leadSourceId:picklist "
        "opportunityId:reference highSeaStatus:picklist"
    ),
    "opportunity": _fields(
        "opportunityName accountId:reference ownerId:reference entityType:reference "
        "saleStageId:reference lostStageId:reference winRate:number reason:picklist reasonDesc "
        "money:number closeDate:date stageUpdatedAt:datetime status:picklist dimDepart:reference"
    ),
    "activityRecord": _fields(
        "ownerId:reference contactId:reference entityType:reference startTime:datetime "
        "activityRecordFrom:reference activityRecordFrom_data:reference content"
    ),
    "visitRecord": _fields(
        "name ownerId:reference visitType:picklist visitRecordStatus:picklist "
        "compVisitObject:reference compVisitObject_data:reference signInDate:datetime "
        "visitTime:datetime"
    ),
    "order": _fields(
        "accountId:reference opportunityId:reference ownerId:reference amount:number "
        "status:picklist transactionDate:datetime deliveryDate:datetime"
    ),
}
OBJECT_IDS = {
    "account": "1",
    "contact": "2",
    "opportunity": "3",
    "lead": "11",
    "user": "50",
    "department": "51",
    "order": "34",
    "activityRecord": "101",
    "visitRecord": "102",
}
LABELS = {"account": "客户", "contact": "联系人", "opportunity": "商机", "lead": "线索"}
# Relations that dots may follow: field -> object.
RELATIONS = {
    "dimDepart": "department",
    "ownerId": "user",
    "accountId": "account",
    "opportunityId": "opportunity",
}
# Names in XOQL that differ from the API key.
XOQL_NAMES = {"order": "_order"}
STAGES = {
    "初步接洽": ("2001", 10, 1),
    "需求确认": ("2002", 30, 2),
    "方案报价": ("2003", 50, 3),
    "商务谈判": ("2004", 80, 4),
    "赢单": ("2005", 100, 5),
    "输单": ("2006", 0, 6),
}
# What an administrator tracks, so that changes are logged.
TRACKED = ("saleStageId", "money")
