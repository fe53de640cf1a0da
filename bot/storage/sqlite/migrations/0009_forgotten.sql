-- Who has asked to be forgotten: what they had until then is forgotten again in any older database (`bot.storage.forgotten`).
CREATE TABLE forgotten (
    member_id TEXT PRIMARY KEY,
    until     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO forgotten (member_id, until)
SELECT member_id, max(accepted_at) FROM generation WHERE forget = 1 GROUP BY member_id;

-- Why a post was refused could be told in Discord's words, which may quote the prompt; a code says it now.
UPDATE delivery SET why = 'refused' WHERE why LIKE '%:%'
    AND generation_id IN (SELECT id FROM generation WHERE forget = 1 AND prompt = '');
