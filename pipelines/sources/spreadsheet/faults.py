"""What can be wrong with a sheet: one cell, or the file as a whole.

Add here: a kind of fault that the readers must tell apart, and how it reads.
Keep out: who decides that something is a fault (the parsers and checks), and what is done with it
(the connector).
"""

from __future__ import annotations

from pipelines.sources.protocol import Told

_NOTHING = Told("", "")


class CellFault(Exception):
    """One cell cannot be read as its column wants it. `told` is the reason, without address.

    `str()` is the English reason.
    """

    def __init__(self, en: str, zh: str) -> None:
        self.told = Told(en, zh)
        super().__init__(en)


class FileRejected(Exception):
    """Nothing of the file may be loaded. `where` is a sheet or cell address, or empty.

    `transient` is true if the same file may be readable next time without anyone acting. `str()`
    is the English cause.
    """

    def __init__(
        self,
        cause: Told,
        *,
        where: str = "",
        next_step: Told = _NOTHING,
        transient: bool = False,
    ) -> None:
        self.cause, self.where, self.next_step = cause, where, next_step
        self.transient = transient
        super().__init__(cause.en)

    def told(self, file: str, entity: str = "") -> Told:
        """What was tried, where, why it failed, what happens now, and what to do next."""
        return Told(self.sentence(file, entity), self.sentence_zh(file, entity))

    def sentence(self, file: str, entity: str = "") -> str:
        """`told` in English."""
        tried = f"Reading {entity} from {file}" if entity else f"Reading {file}"
        where = f" ({self.where})" if self.where else ""
        help_ = "The next run tries again." if self.transient else "A rerun alone will not help."
        text = (
            f"{tried}{where}: {self.cause.en.rstrip('.')}. Nothing of this file was loaded; "
            f"its last good version stays in force. {help_}"
        )
        return f"{text} Next: {self.next_step.en.rstrip('.')}." if self.next_step.en else text

    def sentence_zh(self, file: str, entity: str = "") -> str:
        """`told` in Chinese."""
        tried = f"读取 {file} 中的 {entity} 失败" if entity else f"读取 {file} 失败"
        where = f"（{self.where}）" if self.where else ""
        help_ = "下次运行会再试一次。" if self.transient else "仅重新运行不能解决问题。"
        text = (
            f"{tried}{where}：{self.cause.zh.rstrip('。')}。这个文件没有加载任何内容，"
            f"上一个有效版本继续生效。{help_}"
        )
        return f"{text}下一步：{self.next_step.zh.rstrip('。')}。" if self.next_step.zh else text
