"""Modules and fields of a fresh Zoho organisation, as far as the simulator has them.

Add here: a field, with its data type. Keep out: how records behave (`zoho_org.py`).
"""

from __future__ import annotations

_SHARED = {"id": "bigint", "Created_Time": "datetime", "Modified_Time": "datetime"}
_OWNED = {"Owner": "ownerlookup", "Created_By": "ownerlookup", "Modified_By": "ownerlookup"}
_ABOUT = {"What_Id": "lookup", "Who_Id": "lookup"}

SCHEMA: dict[str, dict[str, str]] = {
    "Deals": {
        **_SHARED,
        **_OWNED,
        "Deal_Name": "text",
        "Amount": "currency",
        "Stage": "picklist",
        "Pipeline": "picklist",
        "Closing_Date": "date",
        "Type": "picklist",
        "Lead_Source": "picklist",
        "Reason_For_Loss__s": "picklist",
        "Probability": "integer",
        "Next_Step": "text",
        "Account_Name": "lookup",
        "Contact_Name": "lookup",
        "Tag": "text",
    },
    "DealHistory": {
        "id": "bigint",
        "Potential_Name": "lookup",
        "Stage": "picklist",
        "Moved_To__s": "picklist",
        "Stage_Duration_Calendar_Days": "integer",
        "Amount": "currency",
        "Modified_Time": "datetime",
        "Modified_By": "ownerlookup",
    },
    "Accounts": {
        **_SHARED,
        **_OWNED,
        "Account_Name": "text",
        "Industry": "picklist",
        "Account_Type": "picklist",
        "Billing_State": "text",
        "Phone": "phone",
    },
    "Contacts": {
        **_SHARED,
        **_OWNED,
        "Full_Name": "text",
        "Title": "text",
        "Email": "email",
        "Phone": "phone",
        "Account_Name": "lookup",
    },
    "Leads": {
        **_SHARED,
        **_OWNED,
        "Full_Name": "text",
        "Company": "text",
        "Lead_Source": "picklist",
        "Lead_Status": "picklist",
        "Converted__s": "boolean",
        "Converted_Date_Time": "datetime",
        "Converted_Deal": "lookup",
    },
    "Tasks": {
        **_SHARED,
        **_OWNED,
        **_ABOUT,
        "Subject": "text",
        "Status": "picklist",
        "Closed_Time": "datetime",
        "Due_Date": "date",
    },
    "Events": {
        **_SHARED,
        **_OWNED,
        **_ABOUT,
        "Event_Title": "text",
        "Start_DateTime": "datetime",
        "End_DateTime": "datetime",
    },
    "Calls": {
        **_SHARED,
        **_OWNED,
        **_ABOUT,
        "Subject": "text",
        "Call_Type": "picklist",
        "Call_Start_Time": "datetime",
        "Outgoing_Call_Status": "picklist",
    },
    "Sales_Orders": {
        **_SHARED,
        **_OWNED,
        "Subject": "text",
        "SO_Number": "autonumber",
        "Status": "picklist",
        "Deal_Name": "lookup",
        "Account_Name": "lookup",
        "Due_Date": "date",
        "Grand_Total": "currency",
    },
}
# Which module a lookup leads to; What_Id and Who_Id lead to several.
TARGETS: dict[str, tuple[str, ...]] = {
    "Account_Name": ("Accounts",),
    "Contact_Name": ("Contacts",),
    "Deal_Name": ("Deals",),
    "Potential_Name": ("Deals",),
    "Converted_Deal": ("Deals",),
    "What_Id": ("Deals", "Accounts"),
    "Who_Id": ("Contacts", "Leads"),
}
# The field by which a record is called.
TITLES = {
    "Deals": "Deal_Name",
    "Accounts": "Account_Name",
    "Contacts": "Full_Name",
    "Leads": "Full_Name",
}
STAGES = (
    ("Qualification", "Open"),
    ("Proposal", "Open"),
    ("Closed Won", "Closed Won"),
    ("Closed Lost", "Closed Lost"),
)
