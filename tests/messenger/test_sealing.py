"""A sealed text is read by the bot that sealed it, and by nobody else."""

from bot.messenger.sealing import seal, unsealed


def test_only_the_same_secret_and_name_read_it() -> None:
    sealed = seal("secret", "1", "a token with ü")
    assert "token" not in sealed
    assert unsealed("secret", "1", sealed) == "a token with ü"
    assert unsealed("another", "1", sealed) is None
    assert unsealed("secret", "2", sealed) is None
    for changed in (sealed[:-1] + ("0" if sealed[-1] != "0" else "1"), sealed[:20], "", "no digits"):
        assert unsealed("secret", "1", changed) is None
