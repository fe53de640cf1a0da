-- Indexes for reads that went through all rows of a member or of a server, and deletions that are done in slices.

-- The pages of /history that a filter shows, each in the order of its index.
CREATE INDEX generation_failed ON generation (member_id, guild_id, accepted_at, id) WHERE state = 'failed' AND prompt <> '';
CREATE INDEX generation_pictured ON generation (member_id, guild_id, accepted_at, id)
    WHERE prompt <> '' AND coalesce(image_file, end_image_file) IS NOT NULL;
DROP INDEX generation_family;
CREATE INDEX generation_family ON generation (member_id, guild_id, family, accepted_at, id) WHERE prompt <> '' AND family <> '';
CREATE INDEX delivery_lost ON delivery (generation_id) WHERE state = 'undeliverable' AND why = 'lost';

-- Of the few jobs with two pictures, how many pictures a member has.
CREATE INDEX generation_two_pictures ON generation (member_id) WHERE image_file IS NOT NULL AND end_image_file IS NOT NULL;

-- With the id, so that an export goes on behind the last row that it has read.
DROP INDEX generation_guild;
CREATE INDEX generation_guild ON generation (guild_id, accepted_at, id);

-- The audit log of one member.
CREATE INDEX change_actor ON change (guild_id, actor_id, id);
CREATE INDEX change_subject ON change (guild_id, subject_id, id);

-- Members whose deletion has been recorded and is not done: everything accepted until then is still to be erased.
CREATE TABLE forgetting (
    member_id TEXT PRIMARY KEY,
    until     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
