"""order_statuses.csv: what each word for the state of an order means, over a vocabulary that is shipped.

Add here: another common word, or what a state means. Keep out: what follows for figures (dbt,
`int_orders__stated`), and words of opportunities (`stages.csv`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# order: counts. partial: counts, delivered in part. void: counts nowhere (draft, cancelled, rejected).
# returned: the order was sent back, or, with a negative amount, is the paper of a return. credit: the
# paper of a return or refund whose amount is written without its sign.
STATES = ("order", "partial", "returned", "credit", "void")

DEFAULT_WORDS = {
    "order": """
        open; new; created; placed; submitted; pending; on hold; awaiting payment; awaiting shipment;
        awaiting fulfillment; confirmed; accepted; approved; activated; active; in progress; processing; in process;
        in production; production; executing; backordered; booked; ordered; sales order; signed; billed;
        invoiced; to deliver; to bill; to deliver and bill; shipped; dispatched; in transit; delivered; fulfilled;
        received; completed; complete; done; closed; closed won; paid; partially paid; partly paid; unpaid;
        disputed; locked; effective; normal; partially returned; partly returned; partially refunded;
        新建; 已创建; 待处理; 待确认; 已确认; 待付款; 待支付; 已付款; 已支付; 部分付款; 部分回款; 已回款; 未付款; 未回款;
        待审核; 审核中; 审批中; 已审核; 已审批; 审批通过; 已批准; 已提交; 已生效; 生效; 正常; 已签约; 已签订; 已下单; 履行中; 执行中; 进行中; 处理中;
        生产中; 备货中; 待发货; 未发货; 未交付; 未完成; 待交付; 已发货; 发货中; 已出库; 运输中; 待收货; 已收货; 已签收; 已交付; 交付完成;
        已完成; 完成; 交易成功; 交易完成; 已结束; 已关闭; 已结案; 已归档; 已开票; 待开票; 部分开票; 部分退货; 部分退款; 已变更; 暂停; 挂起; 有效
    """,
    "partial": """
        partial; partly delivered; partially delivered; partially shipped; partly shipped; partially fulfilled;
        部分交付; 部分发货; 部分到货; 部分出库; 部分签收; 部分完成
    """,
    "returned": """
        returned; return; refunded; refund; fully returned; fully refunded; charged back; chargeback; credited;
        退货; 已退货; 退款; 已退款; 全额退款; 全部退货; 退货完成; 退款成功; 退单; 已退单; 退换货
    """,
    "credit": """
        credit note; credit memo; return order; return note; return receipt; sales return; goods return; refund note;
        refund order; 红字; 红冲; 红单; 红字订单; 红字单据; 退货单; 退货订单; 退货入库; 退货入库单; 退款单; 退款订单; 销售退货; 销售退货单; 销退; 销退单; 负单
    """,
    "void": """
        cancelled; canceled; order cancelled; order canceled; closed cancelled; closed canceled; void; voided;
        draft; quotation; quote; rejected; declined; denied; refused; expired; failed; payment failed; abandoned;
        deleted; terminated; inactive; not approved; unavailable; closed lost; superseded; duplicate; test;
        已取消; 取消; 订单取消; 已撤销; 撤销; 已撤回; 撤回; 作废; 已作废; 草稿; 暂存; 未提交; 已驳回; 驳回; 已拒绝; 拒绝; 审批不通过; 未通过;
        审核不通过; 交易关闭; 已终止; 终止; 已失效; 失效; 已过期; 已删除; 报价; 重复; 测试; 无效
    """,
}
_WIDE = str.maketrans(
    "ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９＆＋",
    "abcdefghijklmnopqrstuvwxyz0123456789&+",
)


@dataclass(frozen=True)
class OrderStatus:
    """A word of one source (or of any, `*`) and the state it stands for."""

    source: str
    status: str
    state: str


def status_key(word: str) -> str:
    """The word without case, width, blanks and punctuation; the macro `name_key` does the same."""
    return re.sub(r"[^\w&+]|_", "", word.lower().translate(_WIDE))


def known_statuses(own: tuple[OrderStatus, ...] = ()) -> list[dict[str, str]]:
    """Rows source, status_key, state: the company's own over the shipped ones, each key once."""
    rows = {
        ("*", status_key(word)): state
        for state, words in DEFAULT_WORDS.items()
        for word in words.split(";")
        if word.strip()
    }
    rows |= {(row.source, status_key(row.status)): row.state for row in own}
    return [
        {"source": source, "status_key": key, "state": state}
        for (source, key), state in sorted(rows.items())
    ]
