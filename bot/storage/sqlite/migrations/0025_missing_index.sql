-- Databases whose migration 3 was applied before its first release lack this index: commands whose answer is not known were
-- looked for in the whole table.
CREATE INDEX IF NOT EXISTS generation_unanswered ON generation (accepted_at) WHERE card_answered = 0;
