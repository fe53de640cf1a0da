-- Jobs at UniAll, in the order in which they are polled: a claim reads as many rows as it takes, however many are there.
CREATE INDEX generation_poll ON generation (overdue, due_at)
    WHERE finished_at IS NULL AND state = 'submitted' AND rendered_at IS NULL;
-- When the next poll was planned. A time ahead of now was planned before the clock was set back.
CREATE INDEX generation_poll_planned ON generation (overdue, due_at - gap_ms)
    WHERE finished_at IS NULL AND state = 'submitted' AND rendered_at IS NULL;
-- Finished jobs whose file is not here yet.
CREATE INDEX generation_fetch ON generation (state, due_at)
    WHERE finished_at IS NULL AND rendered_at IS NOT NULL;
