"""What Discord writes as ids reaches the model as people read it."""

import pytest

from bot.domain.messages.links import Shown, past_filter, shown, without_links
from bot.domain.requests.mentions import Mentioned, Names, mentioned, with_names

NAMES = Names(users={"123": "Ann"}, roles={"5": "Painters", "9": "@everyone"}, channels={"77": "general"})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a <@123> and <@!123> and <@&5> in <#77>", "a @Ann and @Ann and @Painters in #general"),
        ("<@&9>", "@everyone"),
        ("<:cat:99> <a:dance:1>", ":cat: :dance:"),
        ("</sora:123> </quota set:5>", "/sora /quota set"),
        (
            "<t:0:R> <t:0> <t:0:D> <t:99999999999999>",
            "1970-01-01 00:00 UTC 1970-01-01 00:00 UTC 1970-01-01 99999999999999",
        ),
        ("<id:guide> <id:customize> <id:linked-roles:7>", "Server Guide Channels & Roles Linked Roles"),
        ("<@8> <@&8> <#8>", "@someone @role #channel"),
        ("a < b <3 <@> <#x> <@ 123>", "a < b <3 <@> <#x> <@ 123>"),
    ],
)
def test_ids_become_names_and_what_nobody_can_name_a_neutral_word(written: str, read: str) -> None:
    assert with_names(written, NAMES) == read


def test_a_name_that_looks_like_a_mention_is_not_looked_up_again() -> None:
    assert with_names("<@1>", Names(users={"1": "<@123>"}, channels={"123": "x"})) == "@<@123>"


def test_only_what_has_no_name_yet_is_asked_for() -> None:
    asked = mentioned("<@123> <@4> <#77> <#78> <@&5> <:a:1>")
    assert asked == Mentioned(users=frozenset({"123", "4"}), roles=frozenset({"5"}), channels=frozenset({"77", "78"}))
    lacking = NAMES.lacking(asked)
    assert lacking == Mentioned(users=frozenset({"4"}), channels=frozenset({"78"}))
    assert not NAMES.lacking(mentioned("<@123>"))
    assert NAMES.with_more(Names(users={"4": "Bob", "123": "other"})).users == {"4": "Bob", "123": "Ann"}


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("a cat at https://evil.example/x?y=1 now", "a cat at … now"),
        ("看http://evil.example吧", "看…"),
        ("evil.example and sub.evil.example:80/x", "… and …"),
        ("a cat. It runs 3.5 km, e.g. fast", "a cat. It runs 3.5 km, e.g. fast"),
    ],
)
def test_without_links_no_name_of_a_host_is_left(prompt: str, left: str) -> None:
    assert without_links(prompt) == left


async def test_what_the_filter_refuses_is_sent_again_without_links_and_at_last_without_words() -> None:
    async def send(bad: str) -> str:
        sent.append(shown("see https://evil.example now"))
        if bad in sent[-1]:
            raise ValueError(bad)
        return sent[-1]

    sent: list[str] = []
    for bad, tries in (("#", 1), ("evil", 2), ("see", 3)):
        sent.clear()
        assert await past_filter(lambda bad=bad: send(bad), lambda error: isinstance(error, ValueError)) == sent[-1]
        assert sent == ["see https://evil.example now", "see … now", "…"][:tries]
    for bad, filtered in (("", True), ("evil", False)):
        with pytest.raises(ValueError, match=bad or "^$"):
            await past_filter(lambda bad=bad: send(bad), lambda error, filtered=filtered: filtered)
    assert shown("https://a.example") == "https://a.example"
    assert list(Shown) == [0, 1, 2]
