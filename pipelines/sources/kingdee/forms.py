"""Which Kingdee forms are read, with which keys, and the raw tables they fill.

Add here: a form, or a key that staging needs. Keep out: how forms are asked for (`paging.py`,
`reading.py`) and what they mean in canonical terms (dbt staging).

Every key is only a proposal: each run compares it with the site's own field list. Alternatives are
tried in order; the case of letters may differ; a name that is no key is taken for the label of a
field. A key that the site has not is left out with a remark, unless it is required.

Assumed until a site shows otherwise, all of it to be changed in `options.forms`: the keys of an
opportunity's customer, amount, stage and expected date, those of a phase's name and start, those of
a clue's state and of an activity's owner; the primary keys of salesmen and contacts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

from pipelines.entities import ENTITIES
from pipelines.sources.connector_options import FieldRule
from pipelines.sources.records import Derived, Field, rule_of

# text: trimmed, blank is none; reference: an internal id, 0 is none; the others as in `records/fields.py`.
KINDS = ("text", "reference", "decimal", "timestamp", "date", "boolean")
_CANONICAL = {"money": "decimal", "flag": "boolean"}


@dataclass(frozen=True)
class Column:
    """One raw column: the keys (or labels) it may have on a site, tried in order."""

    name: str
    kind: str = "text"
    keys: tuple[str, ...] = ()
    required: bool = False
    derived: Derived | None = None  # made of the cells of several keys

    @property
    def parts(self) -> tuple[Column, ...]:
        """The columns that have to be asked for: this one, or those that it is made of."""
        if self.derived is None:
            return (self,)
        return tuple(
            Column(f"{self.name}@{number}", self.kind, (path,), True)
            for number, path in enumerate(self.derived.paths)
        )

    def field(self, zone: str = "UTC") -> Field:
        """The declared Arrow column. Kingdee's times are wall clock without offset."""
        kind = "text" if self.kind == "reference" else self.kind
        return Field(self.name, kind, required=self.required, form="local", zone=zone)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Entry:
    """The rows inside a form's records: `entry_key` names them, or `marker`, a key only they have."""

    table: str
    columns: tuple[Column, ...]
    entry_key: str = ""
    marker: str = ""

    @property
    def schema(self) -> pa.Schema:
        own = [Column("id", required=True), Column("parent_id", required=True), *self.columns]
        own.insert(2, Column("seq", "decimal"))
        return pa.schema([column.field().arrow for column in own])


@dataclass(frozen=True)
class Form:
    """One form and its raw table.

    `keys`: its primary key, alternatives are probed. `time_keys`: any of them may move when a record
    changes; none: read whole every night. `reread`: condition of records that are read every night,
    because what changes in them may move no time. `amount`: column summed for completeness.
    """

    table: str
    form_id: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    time_keys: tuple[str, ...] = ()
    optional: bool = True
    reread: str = ""
    amount: str = ""
    entry: Entry | None = None

    @property
    def schema(self) -> pa.Schema:
        own = (Column("id", required=True), *self.columns)
        return pa.schema([column.field().arrow for column in own])

    def with_keys(self, given: Mapping[str, FieldRule], zone: str) -> Form:
        """The form with the company's own keys in place of the proposed ones."""
        entity = "targets" if self.table == "target" else ""
        return replace(self, columns=_mapped(self.columns, given, entity, zone))


def _mapped(
    columns: tuple[Column, ...], given: Mapping[str, FieldRule], entity: str, zone: str
) -> tuple[Column, ...]:
    mapped = []
    for column in columns:
        if column.name in given:
            rule = given[column.name]
            made = rule_of(column.name, rule, entity=entity, zone=zone)
            column = replace(column, keys=() if made else rule.paths, derived=made)
        mapped.append(column)
    return tuple(mapped)


def mapped_entry(
    entry: Entry, given: Mapping[str, FieldRule], zone: str, entry_key: str = ""
) -> Entry:
    """The entry with the company's own keys in place of the proposed ones."""
    return replace(
        entry,
        columns=_mapped(entry.columns, given, "", zone),
        entry_key=entry_key or entry.entry_key,
    )


def _columns(text: str, kind: str = "text") -> list[Column]:
    """`name=FName!` a required column, `a=FX|FY` alternatives, `a=` only by configuration."""
    columns = []
    for word in text.split():
        name, _, keys = word.rstrip("!").partition("=")
        columns.append(Column(name, kind, tuple(filter(None, keys.split("|"))), word[-1] == "!"))
    return columns


def _all(
    texts: str,
    *,
    references: str = "",
    decimals: str = "",
    moments: str = "",
    days: str = "",
    flags: str = "",
) -> tuple[Column, ...]:
    return (
        *_columns(texts),
        *_columns(references, "reference"),
        *_columns(decimals, "decimal"),
        *_columns(days, "date"),
        *_columns(moments, "timestamp"),
        *_columns(flags, "boolean"),
    )


_TIMES = "created_at=FCreateDate modified_at=FModifyDate"
_PROBED_ID = ("FID", "FId")
# Where a form tells its record types apart, unless the options name another field.
TYPE_KEYS = ("FBillTypeID.FNumber", "单据类型.FNumber")

_STANDARD = (
    Form("department", "BD_Department", ("FDEPTID",), _all(
        "number=FNumber! name=FName! parent_number=FParentID.FNumber forbid_status=FForbidStatus "
        "document_status=FDocumentStatus use_org=FUseOrgId.FNumber create_org=FCreateOrgId.FNumber "
        "region="), optional=False),
    Form("employee", "BD_Empinfo", ("FID",), _all(
        "number=FNumber! name=FName! email=FEmail department_number=FPostDept.FNumber "
        "manager_number= forbid_status=FForbidStatus", days="joined_on=FJoinDate left_on="),
        optional=True),
    # One employee has a salesman record for each post.
    Form("salesman", "BD_Saler", (*_PROBED_ID, "FSalerId", "fid"), _all(
        "number=FNumber! name=FName! employee_number=FStaffId.FNumber|FEmpId.FNumber "
        "department_number=FDeptId.FNumber forbid_status=FForbidStatus")),
    Form("customer", "BD_Customer", ("FCUSTID",), _all(
        "number=FNumber! name=FName! seller_number=FSELLER.FNumber group_name=FGroup.FName industry= "
        "region= credit_code=FSOCIALCRECODE forbid_status=FForbidStatus "
        "document_status=FDocumentStatus use_org=FUseOrgId.FNumber create_org=FCreateOrgId.FNumber "
        "state=", moments=_TIMES), optional=False),
    # Phone and mail of customers' people are never extracted.
    Form("contact", "BD_CommonContact", ("FCONTACTID", *_PROBED_ID), _all(
        "number=FNumber name=FName! customer_number=FCompany.FNumber|FCustId.FNumber|公司.FNumber "
        "title=FPost|职务 forbid_status=FForbidStatus")),
    Form("material", "BD_MATERIAL", ("FMATERIALID",), _all(
        "number=FNumber! name=FName group_name=FMaterialGroup.FName category_name=FCategoryID.FName "
        "forbid_status=FForbidStatus use_org=FUseOrgId.FNumber")),
    Form("clue", "CRM_OPP_Clue", ("FID",), _all(
        "bill_no=FBillNo customer_name=FCustomerName owner_number=FBEMPID.FNumber|负责人.FNumber "
        "channel=FClueSource|线索来源 state=FClueStatus|线索状态 document_status=FDocumentStatus",
        references="opportunity_id=FOPPID|FOppID",
        moments=f"{_TIMES} converted_at=FConvertDate|转化日期"),
        time_keys=("FModifyDate", "FCreateDate")),
    Form("opportunity", "CRM_OPP_Opportunity", ("FID",), _all(
        "bill_no=FBillNo name=FOPPName customer_number=FCustomerID.FNumber|FCustId.FNumber|客户.FNumber "
        "owner_number=FBEMPID.FNumber! stage=FPhaseId.FName|FOppPhase.FName|商机阶段.FName product_line= "
        "lost_reason= win_reason=FWinReason currency=FCurrencyId.FNumber|FSettleCurrId.FNumber "
        "document_status=FDocumentStatus! close_status=FCloseStatus",
        decimals="amount=FEstimateAmount|FAmount|FBillAllAmount|预计金额",
        days="expected_on=FExpectDate|FEstimateDate|预计成交日期|预计签单日期",
        moments="created_at=FCREATEDATE! modified_at=FModifyDate won_at=FWinDate "
        "closed_at=FCloseDate|FLoseDate last_contact_at=flastcondate"),
        time_keys=("FModifyDate", "FCREATEDATE", "FCloseDate", "FWinDate", "flastcondate"),
        amount="amount",
        entry=Entry("opportunity_phase", _all(
            "stage=FPhaseName|FPhaseId.FName|FSALEPHASEID.FName|阶段.FName! changed_by=",
            decimals="amount=",
            moments="started_at=FStartTimeReal|FBegtimeReal|实际开始时间 ended_at=FEndtimeReal",
            flags="is_current=FIsCurrent"), marker="FIsCurrent")),
    Form("activity", "CRM_ACTIVITY", ("FID",), _all(
        "bill_no=FBILLNO name=FNAME type=FACTTYPE.FName|FACTTYPE|活动类型 direction= "
        "owner_number=FBEMPID.FNumber|FSALERID.FNumber|负责人.FNumber! "
        "customer_number=FCUSTID.FNumber|客户.FNumber document_status=FDocumentStatus",
        references="opportunity_id=FOPPID",
        moments="started_at=FACTSTARTTIME! created_at=FCreateDate modified_at=FModifyDate"),
        time_keys=("FModifyDate", "FCreateDate", "FACTSTARTTIME")),
    Form("sale_order", "SAL_SaleOrder", ("FID",), _all(
        "bill_no=FBillNo! document_status=FDocumentStatus! close_status=FCloseStatus "
        "cancel_status=FCancelStatus customer_number=FCustId.FNumber! salesman_number=FSalerId.FNumber "
        "department_number=FSaleDeptId.FNumber organisation=FSaleOrgId.FNumber "
        "currency=FSettleCurrId.FNumber product_line=",
        references="opportunity_id=FOppID",
        decimals="amount=FBillAllAmount! exchange_rate=FExchangeRate",
        moments=f"ordered_at=FDate! {_TIMES} approved_at=FApproveDate closed_at=FCloseDate "
        "cancelled_at=FCancelDate changed_at=FChangeDate delivered_at=",
        flags="manual_close=FManualClose"),
        time_keys=("FModifyDate", "FCreateDate", "FApproveDate", "FCloseDate", "FCancelDate",
                   "FChangeDate"),
        optional=False, reread="FCloseStatus = 'A'", amount="amount",
        entry=Entry("sale_order_entry", _all(
            "material_number=FMaterialId.FNumber row_type=FRowType row_close_status=FMrpCloseStatus",
            decimals="quantity=FQty amount=FAllAmount out_quantity=FStockOutQty",
            moments="promised_at=FDeliveryDate"), entry_key="FSaleOrderEntry")),
)  # fmt: skip

# Kingdee has no target form for B2B: one of the company's own, or a sheet.
TARGET = Form(
    "target",
    "",
    ("FID",),
    tuple(
        Column(
            column.name,
            _CANONICAL.get(column.kind, column.kind),
            required=column.required and not column.default,
        )
        for column in ENTITIES["targets"].columns
    ),
)

FORMS: dict[str, Form] = {form.table: form for form in (*_STANDARD, TARGET)}
ENTRIES: dict[str, Entry] = {form.entry.table: form.entry for form in _STANDARD if form.entry}

# Which ids a form had at the time of a load, for deletions that leave no trace. Each sweep has one
# row more, without an id, so that one which found nothing is told from none.
SWEPT = pa.schema([("form", pa.string()), ("id", pa.string())])

TABLES: dict[str, pa.Schema] = {
    **{form.table: form.schema for form in FORMS.values()},
    **{entry.table: entry.schema for entry in ENTRIES.values()},
    "id_sweep": SWEPT,
}


@dataclass(frozen=True)
class FieldsOfForm:
    """What the site says a form has: key -> entry, label -> key, required keys."""

    entries: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
