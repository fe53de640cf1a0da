"""The ledger audit: does every balance match its entries, and every generation its ledger? The same on every engine."""

from collections.abc import Iterable
from typing import Any

from bot.domain.quota.limits import Per
from bot.storage.columns import from_ms, total
from bot.storage.data_retention import FOLDED_BEFORE
from bot.storage.database import Read, Row

_AMOUNTS = ("used_videos", "used_seconds", "used_micros", "held_videos", "held_seconds", "held_micros")

# The windows in which a reservation counts, from the numbers in its own row: CELL is a table of a WITH, COUNTED are columns of
# `reservation CROSS JOIN cell`. The operator's numbers are there only where they differ from the server's.
CELL = "cell (scope, per) AS (VALUES {})".format(
    ", ".join(f"('{scope}', '{per}')" for scope in ("member", "guild", "operator") for per in Per)
)
_STARTS = "CASE scope WHEN 'operator' THEN CASE per {utc} END ELSE CASE per {own} END END".format(
    utc=" ".join(f"WHEN '{per}' THEN coalesce(utc_{per}_at, {per}_at)" for per in Per),
    own=" ".join(f"WHEN '{per}' THEN {per}_at" for per in Per),
)
COUNTED = (
    "scope, CASE scope WHEN 'operator' THEN '' ELSE reservation.guild_id END AS guild_id,"
    f" CASE scope WHEN 'member' THEN reservation.member_id ELSE '' END AS member_id, per, {_STARTS} AS starts_at"
)

# Each finds one kind of difference; the line is worded with the columns of a row. A column that ends in `micros` is money.
_AGREEMENT: Iterable[tuple[str, str]] = (
    (
        "SELECT generation.id FROM generation LEFT JOIN reservation ON reservation.id = generation.id"
        " WHERE reservation.id IS NULL AND joined IS NULL",
        "generation {id} has no reservation",
    ),
    (
        "SELECT id FROM generation JOIN reservation USING (id) WHERE joined IS NOT NULL",
        "generation {id} was joined here, but has a reservation",
    ),
    (
        "SELECT id, videos, reservation.seconds, micros, generation.seconds AS made, price_micros"
        " FROM reservation JOIN generation USING (id)"
        " WHERE videos <> 1 OR reservation.seconds <> generation.seconds OR micros <> price_micros",
        "generation {id}: its reservation holds {videos} videos, {seconds} seconds, {micros}, but it is one of {made} seconds"
        " for {price_micros}",
    ),
    (
        "SELECT id FROM reservation JOIN generation USING (id)"
        " WHERE reservation.member_id <> generation.member_id OR reservation.guild_id <> generation.guild_id",
        "generation {id}: its reservation is of another member or server",
    ),
    (
        "SELECT reservation.id, count(*) FILTER (WHERE kind = 'reserve') AS reserves,"
        " count(*) FILTER (WHERE kind <> 'reserve') AS resolutions, state"
        " FROM reservation LEFT JOIN entry ON entry.reservation_id = reservation.id GROUP BY reservation.id, state"
        " HAVING count(*) FILTER (WHERE kind = 'reserve') <> 1"
        " OR count(*) FILTER (WHERE kind <> 'reserve') <> CASE state WHEN 'pending' THEN 0 ELSE 1 END",
        "reservation {id} has {reserves} reserve entries and {resolutions} resolutions, and is {state}",
    ),
    (
        "SELECT entry.id, kind, reservation_id FROM entry JOIN reservation ON reservation.id = entry.reservation_id"
        " WHERE (entry.videos, entry.seconds, entry.micros) <> (reservation.videos, reservation.seconds, reservation.micros)",
        "entry {id} ({kind}) of reservation {reservation_id} is of another amount",
    ),
    (
        "SELECT generation.id, generation.state, reservation.state AS held, coalesce(kind, 'no entry') AS kind"
        " FROM generation JOIN reservation ON reservation.id = generation.id"
        " LEFT JOIN entry ON entry.reservation_id = reservation.id AND kind <> 'reserve'"
        " WHERE NOT CASE generation.state"
        " WHEN 'succeeded' THEN reservation.state = 'posted' AND coalesce(kind, '') = 'post'"
        " WHEN 'failed' THEN reservation.state = 'voided' AND coalesce(kind, '') IN ('void', 'billed')"
        " WHEN 'cancelled' THEN reservation.state = 'voided' AND coalesce(kind, '') = 'void'"
        " ELSE reservation.state = 'pending' AND kind IS NULL END",
        "generation {id} is {state}, but its reservation is {held} by {kind}",
    ),
    (
        f"WITH {CELL} SELECT id, count(right_at) AS windows FROM (SELECT reservation.id, CASE WHEN reserved_at - {_STARTS}"
        " BETWEEN 0 AND CAST(3600000 AS BIGINT) * CASE per WHEN 'hour' THEN 1 WHEN 'day' THEN 25 WHEN 'week' THEN 169"
        " ELSE 745 END THEN 1 END AS right_at FROM reservation CROSS JOIN cell) AS counted"
        " GROUP BY id HAVING count(right_at) <> 12",
        "reservation {id} counts in {windows} of its 12 windows",
    ),
    (
        "SELECT id, covered, part.unit, state, coalesce(cover, 0) AS cover, coalesce(back, 0) AS back FROM ("
        "SELECT id, state, 'videos' AS unit, covered_videos AS covered FROM reservation"
        " UNION ALL SELECT id, state, 'seconds', covered_seconds FROM reservation"
        " UNION ALL SELECT id, state, 'usd', covered_micros FROM reservation) AS part LEFT JOIN ("
        "SELECT reservation_id, unit, CAST(-sum(amount) FILTER (WHERE kind = 'cover') AS BIGINT) AS cover,"
        " CAST(sum(amount) FILTER (WHERE kind = 'return') AS BIGINT) AS back"
        " FROM grant_entry WHERE reservation_id IS NOT NULL GROUP BY reservation_id, unit"
        ") AS moved ON moved.reservation_id = id AND moved.unit = part.unit"
        " WHERE covered <> coalesce(cover, 0) OR coalesce(back, 0) <> CASE state WHEN 'voided' THEN covered ELSE 0 END",
        "reservation {id} has {covered} {unit} covered by grants and is {state}, but its entries cover {cover} and return {back}",
    ),
    (
        "SELECT grant_entry.id, reservation_id FROM grant_entry JOIN reservation ON reservation.id = reservation_id"
        " WHERE grant_entry.member_id <> reservation.member_id OR grant_entry.guild_id <> reservation.guild_id",
        "grant entry {id} of reservation {reservation_id} is of another member or server",
    ),
    (
        f"SELECT guild_id, member_id, CASE grant_id WHEN '' THEN '' ELSE ' of ' || grant_id END AS lot,"
        f" {total('remaining', 'remaining')}, unit, {total('entered', 'entered')} FROM ("
        "SELECT guild_id, member_id, unit, grant_id, amount AS remaining, 0 AS entered FROM grant_balance"
        " UNION ALL SELECT guild_id, member_id, unit, grant_id, 0, amount FROM grant_entry) AS moved"
        " GROUP BY guild_id, member_id, unit, grant_id HAVING sum(remaining) <> sum(entered)",
        "grants of {guild_id}/{member_id}{lot}: {remaining} {unit} are left, the entries say {entered}",
    ),
    (
        "SELECT reservation_id, unit, grant_id,"
        " CAST(-coalesce(sum(grant_entry.amount) FILTER (WHERE kind = 'cover'), 0) AS BIGINT) AS taken,"
        " CAST(coalesce(sum(grant_entry.amount) FILTER (WHERE kind = 'return'), 0) AS BIGINT) AS back"
        " FROM grant_entry JOIN reservation ON reservation.id = reservation_id WHERE state = 'voided'"
        " GROUP BY reservation_id, unit, grant_id HAVING sum(grant_entry.amount) <> 0",
        "reservation {reservation_id} was given back, but took {taken} {unit} of grant {grant_id} and returned {back}",
    ),
    (
        "SELECT member_id, grant_id, count(*) FILTER (WHERE kind = 'open') AS opened,"
        " CAST(coalesce(sum(entry.amount) FILTER (WHERE kind = 'open'), 0) AS BIGINT) AS amount, entry.unit,"
        " grant_lot.amount AS granted FROM grant_entry AS entry JOIN grant_lot ON grant_lot.id = grant_id"
        " GROUP BY grant_id, member_id, entry.unit, grant_lot.amount HAVING count(*) FILTER (WHERE kind = 'open') <> 1"
        " OR sum(entry.amount) FILTER (WHERE kind = 'open') <> grant_lot.amount",
        "{member_id} of grant {grant_id} has {opened} opening entries of {amount} {unit}, but the grant is of {granted}",
    ),
    (
        "SELECT entry.id, grant_id FROM grant_entry AS entry LEFT JOIN grant_lot ON grant_lot.id = grant_id"
        " WHERE grant_id <> '' AND (grant_lot.id IS NULL"
        " OR (grant_lot.guild_id, grant_lot.unit) <> (entry.guild_id, entry.unit)"
        " OR (subject = 'member' AND subject_id <> member_id))",
        "grant entry {id} is of grant {grant_id}, which is another's or does not exist",
    ),
    (
        "SELECT id, subject_id FROM grant_lot WHERE subject = 'member'"
        " AND NOT EXISTS (SELECT 1 FROM grant_entry WHERE grant_id = grant_lot.id AND kind = 'open')",
        "grant {id} to member {subject_id} was never opened",
    ),
    (
        "SELECT generation.id FROM generation LEFT JOIN delivery ON generation_id = generation.id"
        " WHERE forget = 1 AND finished_at IS NOT NULL AND coalesce(delivery.state IN ('sent', 'undeliverable'),"
        " generation.state <> 'succeeded') AND (prompt <> ''"
        " OR coalesce(image_file, image_url, end_image_file, end_image_url, avoid, detail) IS NOT NULL)",
        "generation {id} is to be forgotten and is done, but its prompt or image is kept",
    ),
    (
        "SELECT generation.id FROM generation LEFT JOIN delivery ON generation_id = generation.id"
        " WHERE generation.state = 'succeeded' AND delivery.id IS NULL",
        "generation {id} succeeded, but nothing delivers it",
    ),
    (
        "SELECT generation.id, generation.state FROM delivery JOIN generation ON generation.id = generation_id"
        " WHERE generation.state <> 'succeeded'",
        "generation {id} is {state}, but has a delivery",
    ),
)


def _less_covered(amount: str) -> str:
    return f"entry.{amount} - CASE scope WHEN 'member' THEN covered_{amount} ELSE 0 END AS {amount}"


# What is booked, compared with the sum of the entries: `reserve` holds, a resolution releases, `post` uses (as does
# `billed`, for the operator alone). What grants covered does not count for the member, and a reset subtracts from their
# usage. What `bot.storage.data_retention` has folded is compared as a sum.
_BALANCES = f"""
WITH folded (before) AS (SELECT coalesce(max(CAST(value AS BIGINT)), 0) FROM value WHERE name = '{FOLDED_BEFORE}'),
{CELL},
expected AS (
    SELECT {COUNTED},
        {_less_covered("videos")}, {_less_covered("seconds")}, {_less_covered("micros")},
        CASE WHEN kind = 'post' OR (kind = 'billed' AND scope = 'operator') THEN 1 ELSE 0 END AS used,
        CASE kind WHEN 'reserve' THEN 1 ELSE -1 END AS held
    FROM entry JOIN reservation ON reservation.id = entry.reservation_id
    CROSS JOIN cell
    UNION ALL SELECT 'member', guild_id, member_id, per, starts_at, videos, seconds, micros, -1, 0 FROM reset_entry
), apart AS (
    SELECT scope, guild_id, member_id, per, starts_at, 0 AS booked,
        used * videos AS used_videos, used * seconds AS used_seconds, used * micros AS used_micros,
        held * videos AS held_videos, held * seconds AS held_seconds, held * micros AS held_micros
    FROM expected
    UNION ALL SELECT scope, guild_id, member_id, per, starts_at, 1, {", ".join(_AMOUNTS)} FROM balance
), side AS (
    SELECT scope, guild_id, member_id, per, CASE WHEN starts_at < before THEN 0 ELSE starts_at END AS starts_at, booked,
        {", ".join(_AMOUNTS)}
    FROM apart CROSS JOIN folded WHERE starts_at IS NOT NULL
), total AS (
    SELECT scope, guild_id, member_id, per, starts_at,
        {", ".join(total(f"booked * {name}", f"booked_{name}") for name in _AMOUNTS)},
        {", ".join(total(f"(1 - booked) * {name}", name) for name in _AMOUNTS)}
    FROM side GROUP BY scope, guild_id, member_id, per, starts_at
)
SELECT * FROM total WHERE {" OR ".join(f"booked_{name} <> {name}" for name in _AMOUNTS)}
"""


async def audit(read: Read) -> list[str]:
    """Return one readable line for each place where the ledger is inconsistent. read: of one snapshot."""
    found: list[str] = []
    for sql, line in _AGREEMENT:
        found += [line.format_map(_worded(row)) for row in await read(sql, ())]
    for row in await read(_BALANCES, ()):
        whose = "/".join(part for part in (row["guild_id"], row["member_id"]) if part)
        where = (
            f"{row['scope']} {whose}".strip() + f", {row['per']} from {from_ms(row['starts_at']):%Y-%m-%d %H:%M} UTC"
        )
        found += [
            f"balance of {where}: {name.replace('_', ' ')} is {row[f'booked_{name}']}, the entries say {row[name]}"
            for name in _AMOUNTS
            if row[f"booked_{name}"] != row[name]
        ]
    return found


def _worded(row: Row) -> dict[str, Any]:
    values = zip(row.keys(), row, strict=True)
    return {name: f"${value / 1e6:.6f}" if name.endswith("micros") else value for name, value in values}
