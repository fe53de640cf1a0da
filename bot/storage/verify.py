"""The ledger audit of `db verify`: does every balance match its entries, and every generation its ledger?

Reads one consistent snapshot, also while a bot runs, and changes nothing.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bot.domain.errors import Unusable
from bot.storage.columns import from_ms
from bot.storage.growth import FOLDED_BEFORE
from bot.storage.sqlite.connection import open_beside
from bot.storage.sqlite.schema import migrations

_AMOUNTS = ("used_videos", "used_seconds", "used_micros", "held_videos", "held_seconds", "held_micros")

# Each finds one kind of difference and describes it in its only column.
_AGREEMENT = (
    """
    SELECT printf('generation %s has no reservation', generation.id)
    FROM generation LEFT JOIN reservation ON reservation.id = generation.id WHERE reservation.id IS NULL AND joined IS NULL
    """,
    """
    SELECT printf('generation %s was joined here, but has a reservation', generation.id)
    FROM generation JOIN reservation USING (id) WHERE joined IS NOT NULL
    """,
    """
    SELECT printf('generation %s: its reservation holds %d videos, %d seconds, $%.6f, but it is one of %d seconds for $%.6f',
        id, videos, reservation.seconds, micros / 1e6, generation.seconds, price_micros / 1e6)
    FROM reservation JOIN generation USING (id)
    WHERE videos <> 1 OR reservation.seconds <> generation.seconds OR micros <> price_micros
    """,
    """
    SELECT printf('generation %s: its reservation is of another member or server', id)
    FROM reservation JOIN generation USING (id)
    WHERE reservation.member_id <> generation.member_id OR reservation.guild_id <> generation.guild_id
    """,
    """
    SELECT printf('reservation %s has %d reserve entries and %d resolutions, and is %s', reservation.id,
        count(*) FILTER (WHERE kind = 'reserve'), count(*) FILTER (WHERE kind <> 'reserve'), state)
    FROM reservation LEFT JOIN entry ON entry.reservation_id = reservation.id GROUP BY reservation.id
    HAVING count(*) FILTER (WHERE kind = 'reserve') <> 1
        OR count(*) FILTER (WHERE kind <> 'reserve') <> (state <> 'pending')
    """,
    """
    SELECT printf('entry %d (%s) of reservation %s is of another amount', entry.id, kind, reservation_id)
    FROM entry JOIN reservation ON reservation.id = entry.reservation_id
    WHERE (entry.videos, entry.seconds, entry.micros) <> (reservation.videos, reservation.seconds, reservation.micros)
    """,
    """
    SELECT printf('generation %s is %s, but its reservation is %s by %s', generation.id, generation.state, reservation.state,
        coalesce(kind, 'no entry'))
    FROM generation JOIN reservation USING (id)
    LEFT JOIN entry ON entry.reservation_id = reservation.id AND kind <> 'reserve'
    WHERE NOT CASE
        WHEN generation.state = 'succeeded' THEN reservation.state = 'posted' AND coalesce(kind = 'post', 0)
        WHEN generation.state = 'failed' THEN reservation.state = 'voided' AND coalesce(kind IN ('void', 'billed'), 0)
        WHEN generation.state = 'cancelled' THEN reservation.state = 'voided' AND coalesce(kind = 'void', 0)
        ELSE reservation.state = 'pending' AND kind IS NULL END
    """,
    """
    SELECT printf('reservation %s counts in %d of its 12 windows', reservation.id, count(per))
    FROM reservation LEFT JOIN reservation_window AS counted ON reservation_id = reservation.id
        AND counted.guild_id = CASE scope WHEN 'operator' THEN '' ELSE reservation.guild_id END
        AND counted.member_id = CASE scope WHEN 'member' THEN reservation.member_id ELSE '' END
        AND reserved_at - starts_at BETWEEN 0 AND 3600000 * CASE per
            WHEN 'hour' THEN 1 WHEN 'day' THEN 25 WHEN 'week' THEN 169 ELSE 745 END
    GROUP BY reservation.id HAVING count(per) <> 12
    """,
    """
    SELECT printf('reservation %s has %d %s covered by grants and is %s, but its entries cover %d and return %d',
        id, covered, part.unit, state, coalesce(cover, 0), coalesce(back, 0))
    FROM (
        SELECT id, state, 'videos' AS unit, covered_videos AS covered FROM reservation
        UNION ALL SELECT id, state, 'seconds', covered_seconds FROM reservation
        UNION ALL SELECT id, state, 'usd', covered_micros FROM reservation
    ) AS part LEFT JOIN (
        SELECT reservation_id, unit, -sum(amount) FILTER (WHERE kind = 'cover') AS cover,
            sum(amount) FILTER (WHERE kind = 'return') AS back
        FROM grant_entry WHERE reservation_id IS NOT NULL GROUP BY reservation_id, unit
    ) AS moved ON moved.reservation_id = id AND moved.unit = part.unit
    WHERE covered <> coalesce(cover, 0) OR coalesce(back, 0) <> CASE state WHEN 'voided' THEN covered ELSE 0 END
    """,
    """
    SELECT printf('grant entry %d of reservation %s is of another member or server', grant_entry.id, reservation_id)
    FROM grant_entry JOIN reservation ON reservation.id = reservation_id
    WHERE grant_entry.member_id <> reservation.member_id OR grant_entry.guild_id <> reservation.guild_id
    """,
    """
    SELECT printf('grants of %s/%s%s: %d %s are left, the entries say %d', guild_id, member_id,
        CASE grant_id WHEN '' THEN '' ELSE ' of ' || grant_id END, sum(left), unit, sum(entered))
    FROM (
        SELECT guild_id, member_id, unit, grant_id, amount AS left, 0 AS entered FROM grant_balance
        UNION ALL SELECT guild_id, member_id, unit, grant_id, 0, amount FROM grant_entry
    ) GROUP BY guild_id, member_id, unit, grant_id HAVING sum(left) <> sum(entered)
    """,
    """
    SELECT printf('reservation %s was given back, but took %d %s of grant %s and returned %d', reservation_id,
        -coalesce(sum(grant_entry.amount) FILTER (WHERE kind = 'cover'), 0), unit, grant_id,
        coalesce(sum(grant_entry.amount) FILTER (WHERE kind = 'return'), 0))
    FROM grant_entry JOIN reservation ON reservation.id = reservation_id WHERE state = 'voided'
    GROUP BY reservation_id, unit, grant_id HAVING sum(grant_entry.amount) <> 0
    """,
    """
    SELECT printf('%s of grant %s has %d opening entries of %d %s, but the grant is of %d', member_id, grant_id,
        count(*) FILTER (WHERE kind = 'open'), coalesce(sum(entry.amount) FILTER (WHERE kind = 'open'), 0), entry.unit,
        grant_lot.amount)
    FROM grant_entry AS entry JOIN grant_lot ON grant_lot.id = grant_id
    GROUP BY grant_id, member_id, entry.unit HAVING count(*) FILTER (WHERE kind = 'open') <> 1
        OR sum(entry.amount) FILTER (WHERE kind = 'open') <> grant_lot.amount
    """,
    """
    SELECT printf('grant entry %d is of grant %s, which is another''s or does not exist', entry.id, grant_id)
    FROM grant_entry AS entry LEFT JOIN grant_lot ON grant_lot.id = grant_id
    WHERE grant_id <> '' AND (grant_lot.id IS NULL OR (grant_lot.guild_id, grant_lot.unit) <> (entry.guild_id, entry.unit)
        OR (subject = 'member' AND subject_id <> member_id))
    """,
    """
    SELECT printf('grant %s to member %s was never opened', id, subject_id) FROM grant_lot WHERE subject = 'member'
        AND NOT EXISTS (SELECT 1 FROM grant_entry WHERE grant_id = grant_lot.id AND kind = 'open')
    """,
    """
    SELECT printf('generation %s is to be forgotten and is done, but its prompt or image is kept', generation.id)
    FROM generation LEFT JOIN delivery ON generation_id = generation.id
    WHERE forget = 1 AND finished_at IS NOT NULL AND coalesce(delivery.state IN ('sent', 'undeliverable'),
        generation.state <> 'succeeded') AND (prompt <> ''
            OR coalesce(image_file, image_url, end_image_file, end_image_url, avoid, detail) IS NOT NULL)
    """,
    """
    SELECT printf('generation %s succeeded, but nothing delivers it', generation.id)
    FROM generation LEFT JOIN delivery ON generation_id = generation.id
    WHERE generation.state = 'succeeded' AND delivery.id IS NULL
    """,
    """
    SELECT printf('generation %s is %s, but has a delivery', generation.id, generation.state)
    FROM delivery JOIN generation ON generation.id = generation_id WHERE generation.state <> 'succeeded'
    """,
)

# What is booked, compared with the sum of the entries: `reserve` holds, a resolution releases, `post` uses (as does
# `billed`, for the operator alone). What grants covered does not count for the member, and a reset subtracts from their
# usage. What `bot.storage.growth` has folded is compared as a sum.
_BALANCES = f"""
WITH folded (before) AS (SELECT coalesce(max(CAST(value AS BIGINT)), 0) FROM value WHERE name = '{FOLDED_BEFORE}'),
expected AS (
    SELECT scope, counted.guild_id, counted.member_id, per, starts_at,
        entry.videos - (scope = 'member') * covered_videos AS videos,
        entry.seconds - (scope = 'member') * covered_seconds AS seconds,
        entry.micros - (scope = 'member') * covered_micros AS micros,
        kind = 'post' OR (kind = 'billed' AND scope = 'operator') AS used,
        CASE kind WHEN 'reserve' THEN 1 ELSE -1 END AS held
    FROM entry JOIN reservation ON reservation.id = entry.reservation_id
    JOIN reservation_window AS counted ON counted.reservation_id = entry.reservation_id
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
    FROM apart CROSS JOIN folded
), total AS (
    SELECT scope, guild_id, member_id, per, starts_at,
        {", ".join(f"sum(booked * {name}) AS booked_{name}, sum((1 - booked) * {name}) AS {name}" for name in _AMOUNTS)}
    FROM side GROUP BY scope, guild_id, member_id, per, starts_at
)
SELECT * FROM total WHERE {" OR ".join(f"booked_{name} <> {name}" for name in _AMOUNTS)}
"""


async def differences(path: Path) -> list[str]:
    """Return one readable line for each place where the ledger of this file is inconsistent; empty if all is well.

    path: an existing database with this version's schema. The bot may be running on it. Raises Unusable.
    """
    return await asyncio.to_thread(_differences, path)


def _differences(path: Path) -> list[str]:
    try:
        with closing(open_beside(path)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")  # one snapshot for all reads below, whatever is written meanwhile
            [[version]] = connection.execute("PRAGMA user_version")
            if version != len(migrations()):
                raise Unusable(
                    f"the database {path} has schema {version}, not {len(migrations())}: run `sora-bot db upgrade`"
                )
            damage = [text for [text] in connection.execute("PRAGMA integrity_check") if text != "ok"]
            return damage or list(_audit(connection))
    except sqlite3.Error as error:
        raise Unusable(f"the database {path} cannot be read: {error}") from error


def _audit(connection: sqlite3.Connection) -> Iterator[str]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"{table} row {row} refers to a {parent} that does not exist"
    for question in _AGREEMENT:
        for [text] in connection.execute(question):
            yield text
    for row in connection.execute(_BALANCES):
        whose = "/".join(part for part in (row["guild_id"], row["member_id"]) if part)
        where = (
            f"{row['scope']} {whose}".strip() + f", {row['per']} from {from_ms(row['starts_at']):%Y-%m-%d %H:%M} UTC"
        )
        for name in _AMOUNTS:
            if row[f"booked_{name}"] != row[name]:
                what = name.replace("_", " ")
                yield f"balance of {where}: {what} is {row[f'booked_{name}']}, the entries say {row[name]}"
