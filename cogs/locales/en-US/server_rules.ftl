# Texts of pauses, blocks that end, plans, grants with an end or to a role, Undo, and what holds without a setting.

## Undo

button-undo = Undo
button-undo-card = Undo the last change
undo-done = ### Undone
undo-from-to = { $before } → { $after }
undo-open = accepted
undo-unblocked = not blocked
undo-nothing = none
undo-spent = ⚠️ Spent already, and staying so: { $spent }. Taken back: { $taken }.
undo-role = The role's grant is over: nothing more is spent of it.
undo-role-spent = The role's grant is over: nothing more is spent of it. Spent already, and staying so: { $spent }.
did-undone = undid a change
refusal-undo_none = That cannot be undone.
refusal-undo_late = Undo works for ten minutes. Give a new command instead.
refusal-undo_done = That has been undone already.
refusal-undo_changed = Somebody has changed the same since, so I leave it as it is now. Give a new command instead.
refusal-undo_spent = Nothing of that is left to take back.

## A default that a rule for everyone drops

button-keep-limit = Keep { $limit } too
keep-done = ✅ Kept too, for everyone: **{ $limit }**
keep-there = ℹ️ Everyone has a limit of this kind already; nothing was changed: { $limit }
set-close-note = -# This closes only for members without a stronger limit. /config pause stops all new videos here.

## /quota plan

plan-title = ### Quota plan set
plan-line = For { $who }: **{ $rules }**
plan-before = -# Before: { $rules }
plan-none = no limits of their own
plan-stopped = ⚠️ { $rule } will not be reached: { $limits } stops members before.
did-planned = replaced all limits
refusal-plan_unreadable = “{ $word }” is not a limit. Write for example `5 videos per day, 3 usd per week`; units are videos, seconds and usd, windows hour, day, week and month. `none` removes all, `unlimited` lifts all.
refusal-plan_twice = “{ $word }” is a second limit for the same unit and window. Name each once, for example `5 videos per day, 3 usd per week`.
refusal-plan_same = These are exactly the limits that hold already; nothing was changed.

## /quota grant with an end, to a role, announced

grant-ends = -# What is left of these { $amount } ends { $when }.
grant-role = Everyone with { $who } gets { $amount } more.
grant-everyone = Everyone here gets { $amount } more.
grant-role-note = -# Each holder's share opens when they first spend of it, and is theirs from then on. Undo or its end is how it is taken back.
grant-announced = 🎁 { $who } gets { $amount } of extra quota here.
grant-announced-ends = 🎁 { $who } gets { $amount } of extra quota here, until { $when }.
grant-announced-role = 🎁 { $who }: everyone with this role gets { $amount } of extra quota here.
grant-announced-role-ends = 🎁 { $who }: everyone with this role gets { $amount } of extra quota here, until { $when }.
grant-announced-everyone = 🎁 Everyone gets { $amount } of extra quota here.
grant-announced-everyone-ends = 🎁 Everyone gets { $amount } of extra quota here, until { $when }.
grant-not-announced = The extra quota is given, but Discord did not let me announce it here.
grant-until = { $amount } until { $when }
grant-each = { $amount } for each holder
usage-lot = -# of it { $amount } until { $when }
usage-lot-role = -# of it { $amount } by { $role }
usage-lot-role-ends = -# of it { $amount } by { $role }, until { $when }
usage-lots-more = -# … and { $count } more
usage-lot-everyone = everyone's grant
grant-choice = { $amount } extra each
grant-closed = ### Grant ended
    Nothing more is spent of { $amount } for { $who }. What is spent stays spent.
list-grants = **Extra quota for roles**
list-grant = - { $who }: { $amount } each
list-grant-role-gone = - { $who }: { $amount } each; this role has been deleted
list-grant-ends = - { $who }: { $amount } each, until { $when }
refusal-grant_whom = Choose a member or a role, one of the two.
refusal-grant_take_plain = Taking back works for one member, without days and without an announcement.

## /config pause, resume and block

pause-done = ### Paused
    Nothing new is accepted here until { $when }. What runs and waits is finished.
pause-done-open = ### Paused
    Nothing new is accepted here until /config resume. What runs and waits is finished.
resume-done = ### Resumed
    Videos are accepted here again.
block-done-until = ### Blocked
    { $who } makes no more videos here until { $when }. What they have running is finished; /config unblock undoes it.
rules-reason-shown = -# They read why: { $reason }
config-open = **New videos** · accepted
config-paused = **New videos** · ⏸️ paused until { $when }
config-paused-open = **New videos** · ⏸️ paused until /config resume
config-why = { $line } ({ $reason })
config-blocked-until = { $who } until { $when }
config-quotas = **Quotas** · { $value }
config-quota-default = { $limits } (the operator's default)
config-quota-everyone = { $limits } for everyone
config-quota-server = { $limits } for the whole server together
config-quota-none = no limit for everyone
limit-together = at once and waiting together: { $value }
audit-paused = paused { $until }
audit-blocked = blocked { $until }
until-open = until a moderator ends it
until-time = until { $when }
did-paused = paused new videos
did-resumed = resumed new videos
refusal-paused = The moderators have paused new videos in this server { $until }{ $why }.
refusal-blocked = The moderators of this server have blocked you from making videos here { $until }{ $why }.
refused-why = : “{ $reason }”
refusal-not_paused = New videos are not paused here.
refusal-hours_out_of_range = Choose 1 to { $most } hours.
refusal-minutes_out_of_range = Choose 1 to { $most } minutes.
