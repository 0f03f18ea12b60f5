"""Sending one message through one channel: Apprise for every URL it knows, `file://` for none.

Add here: a channel that Apprise lacks. Keep out: when something is sent and what is done when it
fails (`outbox.py`).

`file://` writes a Markdown file into `outbox/` of the data folder and nothing goes out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.language import Text, text
from pipelines.notifying.messages import Message
from pipelines.notifying.secrets import REFERENCE, hushed, redacted, resolve

FILE = "file://"
SERVICE_SECONDS = 30
# What Apprise sends as a mail: a whole page fits into it, as into no chat.
MAIL = {"acs", "azure", "brevo", "groundmail", "mailersend", "mailgun", "mailto", "mailtos", "o365",
        "postmark", "resend", "sendgrid", "sendpulse", "ses", "smtp2go", "sparkpost"}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Whether a channel took the message; `error` is free of secrets."""

    sent: bool
    error: str = ""


def fault(reference: str, environment: Mapping[str, str] = os.environ) -> Text | None:
    """Why a channel cannot work, None if it can or if that shows only once its secret is set."""
    if reference == FILE:
        return None
    try:
        url = resolve(reference, environment)
    except KeyError:
        return None
    if _service(url) is None:
        from apprise.manager_plugins import NotificationManager

        scheme = url.partition("://")[0].lower()
        if "://" in url and scheme in NotificationManager().schemas():
            return text("notice.channel.incomplete", scheme=scheme)
        return text("notice.channel.no_service")
    return None


def is_mail(reference: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a channel sends mails; a secret that is not set is not known to."""
    try:
        return resolve(reference, environment).partition("://")[0].lower() in MAIL
    except KeyError:
        return False


def send(
    reference: str,
    message: Message,
    *,
    recipient_id: str,
    key: str,
    outbox_dir: Path,
    environment: Mapping[str, str] = os.environ,
) -> Outcome:
    """Send one message; never raises, never logs an address. Falsy results count as failures."""
    if reference == FILE:
        return _write(outbox_dir, recipient_id, key, message)
    try:
        url = resolve(reference, environment)
    except KeyError as error:
        return Outcome(False, str(text("notice.channel.no_variable", name=error.args[0])))
    import apprise  # here: whoever only reads recipients needs none

    with hushed():
        service = _service(url)
        if service is None:
            return Outcome(False, str(text("notice.channel.unknown_url")))
        form, body = _body(service, message)
        sender = apprise.Apprise(asset=_asset())
        sender.add(service)
        lines: list[str] = []
        try:
            result = sender.notify(
                body=body,
                title=message.title,
                body_format=form,
                log_callback=lambda entry, _service: lines.append(str(entry.message)),
            )
        except Exception as error:  # a plugin's fault must not cost the other notices
            return Outcome(False, redacted(f"{type(error).__name__}: {error}", url))
    if result:
        return Outcome(True)
    status = getattr(result.status, "name", "FAILURE")
    detail = "; ".join(dict.fromkeys(line for line in lines if line))[:500]
    return Outcome(False, redacted(f"{status} {detail}".strip(), url))


def _asset() -> Any:
    import apprise

    return apprise.AppriseAsset(
        secure_logging=True, storage_mode="memory", service_timeout=SERVICE_SECONDS
    )


def _service(url: str) -> Any:
    """Apprise's service object for a URL, None where it makes none."""
    if REFERENCE.search(url):
        return None
    import apprise
    from apprise.common import OverflowMode

    with hushed():
        try:
            service = apprise.Apprise.instantiate(url, asset=_asset(), suppress_exceptions=True)
        except Exception:
            return None
    if service and "overflow=" not in url:
        # A message above a service's limit is split rather than refused by the service.
        service.overflow_mode = OverflowMode.SPLIT
    return service or None


def _body(service: Any, message: Message) -> tuple[str, str]:
    """The form a service shows best, and the message in it, so that nothing is converted."""
    forms = service.notify_format
    names = [
        str(getattr(form, "value", form))
        for form in (forms if isinstance(forms, tuple | list) else (forms,))
    ]
    if names and names[0] == "html":
        return "html", message.html
    if "markdown" in names:
        return "markdown", message.markdown
    return "text", message.text


def _write(outbox_dir: Path, recipient_id: str, key: str, message: Message) -> Outcome:
    """Write the message under its key: sending it again replaces the file by the same one."""
    folder = outbox_dir / re.sub(r"[^\w.-]", "_", recipient_id)
    name = re.sub(r"[^\w.-]", "_", key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{name}.{os.getpid()}.tmp"
        draft.write_text(f"# {message.title}\n\n{message.markdown}\n", encoding="utf-8")
        draft.replace(folder / f"{name}.md")
    except OSError as error:
        return Outcome(
            False,
            str(
                text(
                    "notice.channel.unwritten",
                    path=f"{folder / name}.md",
                    why=error.strerror or str(error),
                )
            ),
        )
    return Outcome(True)
