-- What was asked for in a thread, so that a mention there finds the newest.
CREATE INDEX generation_thread ON generation (channel_id, accepted_at, id) WHERE parent_channel_id IS NOT NULL;
