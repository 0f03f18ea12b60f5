"""Words and signs that people write for currencies, in lower case without blanks.

Add here: another currency, or another word for one. Keep out: what units are worth (`units.py`).
`$` and `¥` alone stand for several (`formats/number_formats.py`).
"""

from __future__ import annotations

CURRENCIES = {
    word: code
    for code, words in {
        "CNY": "人民币 人民币元 元人民币 rmb cny renminbi yuan chineseyuan yuanrenminbi cn¥ rmb¥",
        "USD": "美元 美金 us$ usd $us usd$ $usd usdollar usdollars americandollar americandollars",
        "EUR": "欧元 eur € euro euros",
        "GBP": "英镑 gbp £ pound pounds poundsterling poundssterling sterling",
        "HKD": "港元 港币 港幣 hk$ hkd hkdollar hkdollars hongkongdollar hongkongdollars",
        "JPY": "日元 日圆 日圓 円 jpy jp¥ yen japaneseyen",
        "TWD": "新台币 台币 新臺幣 臺幣 twd ntd nt$ taiwandollar taiwandollars",
        "SGD": "新加坡元 新币 sgd s$ singaporedollar singaporedollars",
        "AUD": "澳元 澳币 aud a$ au$ australiandollar australiandollars",
        "CAD": "加元 加币 cad c$ ca$ canadiandollar canadiandollars",
        "KRW": "韩元 krw ₩",
        "INR": "卢比 印度卢比 inr ₹ rs indianrupee indianrupees rupee rupees",
        "CHF": "瑞士法郎 瑞郎 chf sfr swissfranc swissfrancs",
        "THB": "泰铢 thb ฿",
        "MYR": "林吉特 马币 myr",
        "VND": "越南盾 vnd ₫",
    }.items()
    for word in words.split()
}
