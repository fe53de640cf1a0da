"""The one table of the `custom_id`s of buttons, menus and forms: how each is made, and which arguments it carries.

A `custom_id` is a name and its arguments, separated by colons. Messages that were posted years ago have them, so a
name or an argument list that was ever used stays.
"""

import re

_ID = r"[\w-]{1,32}"  # of a generation, a draft, a rule, a report
_DISCORD_ID = r"\d{1,20}"
_PAGE = r"-?\d{1,6}"
_LOCALE = r"[a-z-]{1,30}"
_NUMBER = r"\d{1,18}"  # of an entry of the audit log, or an amount

# The argument lists of each button; a button that has changed has more than one.
BUTTONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "cancel": ((_ID,),),
    "again": ((_ID,),),
    "retry": ((_ID,),),
    "remix": ((_ID,),),
    "reopen": ((_ID,),),
    "make-with": ((_ID,),),
    "continue": ((_ID,),),
    "join": ((_ID,),),
    "question-make": ((_ID,),),
    "question-cancel": ((_ID,),),
    "thread": ((_ID,),),
    "post-here": ((_ID,),),
    "post-anyway": ((_ID, _ID),),
    "versions": ((_ID,),),
    "delete": ((_ID,),),
    "delete-sure": ((_ID,), (_ID, _DISCORD_ID, _DISCORD_ID)),
    "report": ((_ID,),),
    "remove": ((_ID,),),
    "block": ((_ID,),),
    "dismiss": ((_ID,),),
    "privacy-delete": ((_ID,),),
    "quota-reset": ((_ID,),),
    "quota-keep": ((_ID,),),
    "quota-remove": ((_ID, _ID),),
    "quota-list": (("back|next", r"\d{1,4}"),),
    "quota-list-remove": ((_ID, r"\d{1,4}"),),
    "keep-limit": (("videos|seconds|usd", "hour|day|week|month", _NUMBER),),
    "undo": ((_NUMBER,),),
    "undo-card": ((_NUMBER,),),
    "quota-log": ((_DISCORD_ID, r"\d{1,18}"),),
    "history": ((_PAGE, _LOCALE), (_ID, _PAGE, _LOCALE)),
    "help": (("[a-z]{1,20}",),),
    "defaults-clear": ((_DISCORD_ID,),),
    "style-list": ((r"\d{1,4}",),),
    "tree": ((_ID, _PAGE, _LOCALE),),
}
BUTTON = re.compile(
    "|".join(
        ":".join((re.escape(name), *(f"(?:{part})" for part in carried)))
        for name, forms in BUTTONS.items()
        for carried in forms
    )
)
CONFIG_MENU = re.compile("config:(?P<name>log-channel|log-offer|log-off|channels|models|threads|results|report)")
HISTORY_MENU = re.compile(f"history-filter:(?P<query>{_ID})")
VERSION_MENU = re.compile(f"tree-remix:(?P<id>{_ID})")
REPORT_FORM = re.compile(f"report-form:(?P<id>{_ID}):(?P<channel>{_DISCORD_ID}):(?P<message>{_DISCORD_ID})")
FORM = re.compile("form:(?P<draft>[0-9A-Za-z]{1,25})")


def make(name: str, *carried: str) -> str:
    """The `custom_id` of a component."""
    return ":".join((name, *carried))


def parse(custom_id: str) -> tuple[str, list[str]]:
    """The name of a component, and its arguments."""
    name, *carried = custom_id.split(":")
    return name, carried
