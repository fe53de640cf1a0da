-- What is due is due again at once where its time lies further ahead than the gap that was set: the clock has gone back.
ALTER TABLE generation ADD COLUMN gap_ms INTEGER NOT NULL DEFAULT 0 CHECK (gap_ms >= 0);
ALTER TABLE delivery ADD COLUMN gap_ms INTEGER NOT NULL DEFAULT 0 CHECK (gap_ms >= 0);

-- For how long the present step has really been tried in vain: the sum of the gaps between its tries, so that neither a day of
-- downtime nor a clock that jumps counts as trying.
ALTER TABLE generation ADD COLUMN tried_ms INTEGER NOT NULL DEFAULT 0 CHECK (tried_ms >= 0);
ALTER TABLE delivery ADD COLUMN tried_ms INTEGER NOT NULL DEFAULT 0 CHECK (tried_ms >= 0);

-- Past its soft deadline: still polled, but in nobody's way.
ALTER TABLE generation ADD COLUMN overdue INTEGER NOT NULL DEFAULT 0 CHECK (overdue IN (0, 1));

-- When the submit began by UniAll's own clock: what its list says of a job's time is compared with that.
ALTER TABLE generation ADD COLUMN sent_there INTEGER;
