-- Cards that are looked at by their time: those of waiting jobs are not, however many there are.
CREATE INDEX generation_card_timed ON generation (card_due_at)
    WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL AND state <> 'reserved';
