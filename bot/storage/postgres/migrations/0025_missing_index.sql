-- Oldest code: 22.
-- For SQLite's databases of before the first release; here the baseline has it.
CREATE INDEX IF NOT EXISTS generation_unanswered ON generation (accepted_at) WHERE card_answered = 0;
