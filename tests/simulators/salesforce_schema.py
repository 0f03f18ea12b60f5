"""Objects and fields of the simulated org: field -> type, as `describe` would name it.

Add here: an object or field of the standard schema. Keep out: which of them anything reads.
"""

from __future__ import annotations

_SYSTEM = {
    "Id": "id",
    "IsDeleted": "boolean",
    "CreatedDate": "datetime",
    "CreatedById": "reference",
    "LastModifiedDate": "datetime",
    "SystemModstamp": "datetime",
}


def _of(types: str, *, without: str = "") -> dict[str, str]:
    fields = dict(part.split(":") for part in types.split())
    gone = set(without.split())
    return {**{k: v for k, v in _SYSTEM.items() if k not in gone}, **fields}


SCHEMA: dict[str, dict[str, str]] = {
    "Opportunity": _of(
        "Name:string AccountId:reference OwnerId:reference StageName:picklist Amount:currency "
        "ExpectedRevenue:currency Probability:percent CloseDate:date Type:picklist LeadSource:picklist "
        "NextStep:string ForecastCategoryName:picklist IsClosed:boolean IsWon:boolean "
        "CampaignId:reference RecordTypeId:reference"
    ),
    "OpportunityHistory": _of(
        "OpportunityId:reference StageName:picklist Amount:currency ExpectedRevenue:currency "
        "CloseDate:date Probability:percent ForecastCategory:picklist",
        without="LastModifiedDate",
    ),
    "OpportunityFieldHistory": _of(
        "OpportunityId:reference Field:picklist DataType:picklist OldValue:anyType NewValue:anyType",
        without="LastModifiedDate SystemModstamp",
    ),
    "OpportunityStage": _of(
        "ApiName:string MasterLabel:string SortOrder:int IsActive:boolean IsClosed:boolean IsWon:boolean",
        without="IsDeleted",
    ),
    "OpportunityLineItem": _of(
        "OpportunityId:reference Product2Id:reference Quantity:double UnitPrice:currency "
        "TotalPrice:currency ServiceDate:date"
    ),
    "Product2": _of("Name:string ProductCode:string Family:picklist IsActive:boolean"),
    "Account": _of(
        "Name:string ParentId:reference OwnerId:reference Type:picklist Industry:picklist "
        "AnnualRevenue:currency BillingState:string BillingCity:string BillingAddress:address "
        "MasterRecordId:reference"
    ),
    "Contact": _of(
        "AccountId:reference Name:string FirstName:string LastName:string Email:email Phone:phone "
        "Title:string Department:string OwnerId:reference MailingAddress:address MasterRecordId:reference"
    ),
    "Lead": _of(
        "Name:string Company:string Status:picklist LeadSource:picklist OwnerId:reference "
        "IsConverted:boolean ConvertedDate:date ConvertedAccountId:reference "
        "ConvertedContactId:reference ConvertedOpportunityId:reference MasterRecordId:reference"
    ),
    "Task": _of(
        "OwnerId:reference WhoId:reference WhatId:reference AccountId:reference Subject:combobox "
        "Status:picklist Type:picklist ActivityDate:date IsClosed:boolean CompletedDateTime:datetime "
        "TaskSubtype:picklist CallType:picklist IsArchived:boolean"
    ),
    "Event": _of(
        "OwnerId:reference WhoId:reference WhatId:reference AccountId:reference Subject:combobox "
        "Type:picklist StartDateTime:datetime EndDateTime:datetime ActivityDate:date "
        "ActivityDateTime:datetime IsAllDayEvent:boolean IsChild:boolean IsRecurrence:boolean "
        "IsArchived:boolean"
    ),
    "User": _of(
        "Name:string Username:string Email:email IsActive:boolean UserRoleId:reference "
        "ManagerId:reference Department:string UserType:picklist TimeZoneSidKey:picklist",
        without="IsDeleted",
    ),
    "UserRole": _of(
        "Name:string DeveloperName:string ParentRoleId:reference",
        without="IsDeleted CreatedDate CreatedById",
    ),
    "Order": _of(
        "OrderNumber:string AccountId:reference OpportunityId:reference OwnerId:reference "
        "Status:picklist StatusCode:picklist EffectiveDate:date EndDate:date ActivatedDate:datetime "
        "TotalAmount:currency Type:picklist"
    ),
    "OrderItem": _of(
        "OrderId:reference Product2Id:reference Quantity:double UnitPrice:currency TotalPrice:currency"
    ),
    "ForecastingQuota": _of(
        "QuotaOwnerId:reference QuotaAmount:currency QuotaQuantity:double IsAmount:boolean "
        "IsQuantity:boolean StartDate:date PeriodId:reference ForecastingTypeId:reference "
        "ProductFamily:picklist",
        without="IsDeleted",
    ),
    "ForecastingType": _of("DeveloperName:string MasterLabel:string", without="IsDeleted"),
    "Period": _of(
        "StartDate:date EndDate:date Type:picklist Number:int",
        without="IsDeleted CreatedDate CreatedById LastModifiedDate",
    ),
    "Organization": _of(
        "Name:string TimeZoneSidKey:picklist DefaultCurrencyIsoCode:picklist IsSandbox:boolean",
        without="IsDeleted",
    ),
}
# Ids begin with three characters that tell the object.
PREFIXES = {
    "Account": "001", "Contact": "003", "User": "005", "Opportunity": "006", "OpportunityHistory": "008",
    "OpportunityFieldHistory": "017", "OpportunityLineItem": "00k", "OpportunityStage": "01J",
    "UserRole": "00E", "Lead": "00Q", "Task": "00T", "Event": "00U", "Product2": "01t", "Order": "801",
    "OrderItem": "802", "ForecastingQuota": "0J9", "ForecastingType": "0Db", "Period": "026",
    "Organization": "00D",
}  # fmt: skip
# Deletions of these are in the log that `deleted` reads.
REPLICATEABLE = {
    "Account", "Contact", "Lead", "Opportunity", "OpportunityLineItem", "Task", "Event", "Product2",
    "Order", "OrderItem",
}  # fmt: skip
WITH_CURRENCY = {"Opportunity", "Order", "OpportunityLineItem", "ForecastingQuota"}
