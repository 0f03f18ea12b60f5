"""The forms of the simulated Kingdee site: which fields each has, where they stand, their labels.

Add here: a form or field that a site has. Keep out: records (`kingdee_company.py`) and the answers
(`kingdee.py`).

The site has one customised opportunity: its keys beyond the documented ones are the site's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HEAD = "FBillHead"


@dataclass
class SimulatedForm:
    """`fields`: key -> (entry or head, label). A record is a dict by key; a reference is a dict with
    `Id`; the rows of an entry stand under the entry's key, each with `FEntryId` and `FSeq`.
    """

    form_id: str
    key: str
    fields: dict[str, tuple[str, str]]
    entries: tuple[str, ...] = ()
    hidden: bool = False  # not installed: 业务对象不存在
    forbidden: bool = False  # MsgCode 2
    records: dict[int, dict[str, Any]] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)  # fields that lead to nothing: no `.FName` of them


def _form(form_id: str, key: str, head: str, *, hidden: bool = False, **entries: str) -> Any:
    fields = _fields(head, HEAD)
    for entry, keys in entries.items():
        fields |= _fields(keys, entry)
    rows = tuple(entry for entry in entries if entry != "FSaleOrderFinance")
    return SimulatedForm(form_id, key, fields, rows, hidden)


def _fields(keys: str, entry: str) -> dict[str, tuple[str, str]]:
    found = {}
    for word in keys.split():
        name, _, label = word.partition("=")
        found[name] = (entry, label or name)
    return found


_DATES = "FCreateDate FModifyDate"
_BASE = "FNumber=编码 FName=名称 FForbidStatus=禁用状态 FDocumentStatus=数据状态"


def forms() -> dict[str, SimulatedForm]:
    """Fresh, empty forms of a site with the CRM module."""
    listed = (
        _form("BD_Department", "FDEPTID", f"{_BASE} FParentID=上级部门 FUseOrgId FCreateOrgId"),
        _form("BD_Empinfo", "FID", f"{_BASE} FStaffNumber FEmail FPostDept FJoinDate "
              "F_KD_LeftOn=离职日期 F_KD_Manager=直属上级"),
        _form("BD_Saler", "FSalerId", f"{_BASE} FStaffId FDeptId"),
        _form("BD_Customer", "FCUSTID", f"{_BASE} FShortName FGroup FSELLER FUseOrgId FCreateOrgId "
              f"FSOCIALCRECODE {_DATES} FContact FPhone F_KD_Industry=行业 F_KD_Region=大区 "
              "F_KD_State=客户状态"),
        _form("BD_CommonContact", "FCONTACTID", f"{_BASE} FCompany=公司 F_KD_Title=职务 FMobile"),
        _form("BD_MATERIAL", "FMATERIALID", f"{_BASE} FSpecification FMaterialGroup FCategoryID "
              "FUseOrgId FModifyDate"),
        _form("CRM_OPP_Clue", "FID", f"FBillNo FCustomerName FContactName FPhone {_DATES} "
              "F_KD_Owner=负责人 F_KD_Source=线索来源 F_KD_State=线索状态 F_KD_Converted=转化日期 "
              "FOppID FDocumentStatus"),
        _form("CRM_OPP_Opportunity", "FID", "FBillNo FOPPName FDocumentStatus FCloseStatus FWinDate "
              "FWinReason FBEMPID FCREATORID FCREATEDATE FModifyDate FCloseDate flastcondate "
              "F_KD_Customer=客户 F_KD_Amount=预计金额 F_KD_Expected=预计成交日期 FCurrencyId "
              "F_KD_Line=产品线 F_KD_Lost=丢单原因",
              FOppPhaseEntity="FIsCurrent FEndtimeReal F_KD_Phase=阶段 F_KD_Start=实际开始时间 "
              "F_KD_PhaseAmount=阶段金额 F_KD_By=变更人"),
        _form("CRM_ACTIVITY", "FID", f"FBILLNO FNAME FACTSTARTTIME FOPPID {_DATES} FDocumentStatus "
              "F_KD_Owner=负责人 F_KD_Customer=客户 F_KD_Type=活动类型 F_KD_Direction=方向"),
        _form("SAL_SaleOrder", "FID", "FBillNo FBillTypeID FDate FDocumentStatus FSaleOrgId FCustId "
              "FSaleDeptId FSalerId FCreatorId FCreateDate FModifyDate FApproveDate FCloseStatus "
              "FCloseDate FCancelStatus FCancelDate FVersionNo FChangeDate FOppID FManualClose FNote "
              "F_KD_Line=产品线",
              FSaleOrderFinance="FSettleCurrId FLocalCurrId FExchangeRate FBillAllAmount",
              FSaleOrderEntry="FMaterialId FQty FTaxPrice FAmount FAllAmount FDeliveryDate "
              "FStockOutQty FRemainOutQty FMrpCloseStatus FRowType FParentMatId"),
        _form("F_KD_SalesTarget", "FID", "FBillNo F_KD_Period F_KD_ScopeType F_KD_Scope F_KD_Metric "
              "F_KD_Amount F_KD_Version F_KD_From F_KD_Reason"),
    )  # fmt: skip
    return {form.form_id: form for form in listed}


def info(form: SimulatedForm) -> dict[str, Any]:
    """The form's answer to QueryBusinessInfo. Primary keys are no fields."""
    grouped: dict[str, list[dict[str, Any]]] = {HEAD: []}
    for key, (entry, label) in form.fields.items():
        name = [{"Key": 2052, "Value": label}]
        told = {
            "Key": key,
            "Name": name,
            "MustInput": 0,
            "FieldType": 167,
            "LookUpObjectFormId": "",
        }
        grouped.setdefault(entry, []).append(told)
    return {
        "Entrys": [
            {"Key": entry, "ParentKey": "" if entry == HEAD else HEAD, "Name": [], "Fields": fields}
            for entry, fields in grouped.items()
        ],
        "Operations": [],
    }
