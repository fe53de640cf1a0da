# Texts of /quota, and what /usage says beside main.ftl.

## Rules in words; the audit log keeps them as they read here

quota-rule = { $limit } per { $per }
quota-rule-closed = { $limit } per { $per } (closed)
quota-rule-lifted = unlimited { $kind } per { $per }
quota-for-everyone = { $rule } for everyone
quota-for-server = { $rule } for the whole server together
kind-videos = videos
kind-seconds = seconds
kind-usd = dollars
quota-everyone = everyone
quota-server = the whole server together
quota-used = { $used } of { $limit } per { $per }
quota-nothing-used = nothing used in the current windows

## Why a limit holds

why-member = their own rule
why-role = the rule of { $role }
why-everyone = the rule for everyone
why-default = the operator's default
why-server = the server's pool

## /quota set and server

set-title = ### Quota set
set-new = For { $who }: **{ $after }**
set-changed = For { $who }: { $before } → **{ $after }**
set-same = For { $who }: **{ $after }**, as before
set-affected-member = It holds from now on, for what they have used in this window already too.
set-affected-role = It holds from now on for every member with this role who has no rule of their own; of several roles the largest counts.
set-affected-everyone = It holds from now on for every member who has no rule of their own or of a role for { $kind } per { $per }.
set-affected-server = All members share it, whatever their own rules are.
set-binds-member = **What binds { $who } now**
set-binds-role = **What binds a member with { $who } and no other rule now**
set-binds-everyone = **What binds a member without other rules now**
set-pools = **The server's pools**
set-line = { $limit } · { $why }
set-stopped = ⚠️ This limit will not be reached: { $limit } ({ $why }) stops them before.
set-stronger = ℹ️ Stronger for some, for { $kind } per { $per }: { $rules }
set-default-gone = ⚠️ The operator's default ({ $limits }) no longer holds in this server, because there is a rule for everyone now.
set-nothing-binds = nothing: there is no limit
quota-reason = -# Why: { $reason }
quota-more = -# … and { $count } more
quota-rule-of = { $who }: { $rule }

## /quota remove

remove-done = ### Rule removed
    For { $who }: { $rule } no longer holds.
remove-default-back = ⚠️ No rule for everyone is left, so the operator's default holds again: { $limits }.
remove-no-default = ⚠️ No rule for everyone is left, and the operator has set no default: members without another rule have no limit.
remove-sure = ### Remove the rule for everyone?
    { $rule }. It holds for every member without a rule of their own or of a role.
remove-sure-default = -# If it is the last rule for everyone, the operator's default holds again: { $limits }.
remove-sure-no-default = -# If it is the last rule for everyone, members without another rule have no limit.
button-quota-remove = Remove
button-quota-reset = Reset
button-quota-keep = Keep
kept = Nothing was changed.

## /quota list

list-title = ### Quotas of this server
list-order = -# In the order in which they win, for each unit and window: a member's own rule, the largest of their roles, everyone's, the operator's default. Pools hold beside them.
list-line = { $number } · { $who }: **{ $rule }**
list-default = { $number } · the operator's default: **{ $rule }**
list-empty = No rule, and no default of the operator: there is no limit here.
page-number = -# Page { $page } of { $pages }
button-earlier = Back
button-later = Next
button-newest = Newest
button-older = Older

## /quota show, and what /usage adds

show-title = ### Quota of { $who }
show-why = -# holds because of { $why }
show-beats = -# holds because of { $why }; it beats { $beaten }
show-beaten = { $why } ({ $rule })
show-unlimited = No limit holds.
usage-lifted = **No limit on { $kind } per { $per }**
usage-closed = **{ $limit } per { $per }** · closed
usage-pools = **The whole server together**
usage-grants = **Extra** · { $grants }, used once the quota above is used up
usage-grants-held = -# { $held } of the extra held by running jobs

## /quota grant and reset

grant-title = ### Extra quota
grant-given = { $who } gets { $amount } more: { $before } → **{ $after }** extra.
grant-taken = { $amount } taken back from { $who }: { $before } → **{ $after }** extra.
grant-note = -# Extra quota is used once a member's windowed quota is used up, in any window of its unit. It does not open what is closed, nor the server's pools.
reset-sure = ### Reset what { $who } has used?
    Their use in the current hour, day, week and month goes back to zero. Running videos, extra quota and the server's pools stay as they are.
reset-sure-used = -# Used now: { $used }
reset-done = ### Use reset
    For { $who }: { $before } → **{ $after }**

## /quota report and export

report-title = ### Use of the last { $days ->
    [one] day
   *[other] { $days } days
}
report-summary = { $videos } made for { $used }, { $running } running for { $held }, { $lost } failed or cancelled at no cost.
report-none = Nothing was made in this time.
picture-title = { $server } · { $first } to { $last }
picture-title-day = { $server } · { $day }
picture-totals = { $videos } · { $used }
picture-days = Videos per day
picture-members = By member
picture-models = By model
picture-pools = Spend against the pools
picture-no-pools = This server has no pools. Set one with /quota server.
picture-nothing = nothing yet
picture-done = made
picture-running = running
picture-lost = failed or cancelled (free)
picture-bar = { $cost } · { $count }
picture-pool = { $used } of { $limit } per { $per }
picture-more = and { $count } more
picture-member = member …{ $digits }
picture-deleted = deleted data
report-top = **Top members**
report-top-line = { $place }. { $who } · { $cost } · { $count }
picture-date = { $day } { $month } { $year }
picture-day = { $day } { $month }
picture-weekday = { $weekday } { $day }
picture-month-year = { $month } { $year }
picture-month-1 = Jan
picture-month-2 = Feb
picture-month-3 = Mar
picture-month-4 = Apr
picture-month-5 = May
picture-month-6 = Jun
picture-month-7 = Jul
picture-month-8 = Aug
picture-month-9 = Sep
picture-month-10 = Oct
picture-month-11 = Nov
picture-month-12 = Dec
picture-weekday-0 = Mon
picture-weekday-1 = Tue
picture-weekday-2 = Wed
picture-weekday-3 = Thu
picture-weekday-4 = Fri
picture-weekday-5 = Sat
picture-weekday-6 = Sun
export-title = ### { $count ->
    [one] { $count } video
   *[other] { $count } videos
} of the last { $days ->
    [one] day
   *[other] { $days } days
}
    Times are those of { $zone }.

## /quota log

log-title = ### Who changed what
log-title-member = ### Changes by and for { $who }
log-empty = Nothing has been changed yet.
log-end = Nothing older.
log-line = { $when } · { $actor } { $did }{ $subject }
log-subject = : { $who }
log-change = { $before } → { $after }
log-new = → { $after }
log-gone = { $before } →
did-rule_set = set a limit
did-rule_removed = removed a limit
did-granted = changed extra quota
did-reset = reset the use
did-setting = changed a setting
did-blocked = blocked
did-unblocked = unblocked
did-result_removed = removed a result

## Refusals

refusal-not_a_moderator = Only members who may manage this server can do that.
refusal-subject_both = Choose a member or a role, not both; without either the rule is for everyone.
refusal-word_unknown = “{ $word }” is not one of the choices.
refusal-limit_negative = A limit cannot be negative; 0 closes and -1 lifts.
refusal-amount_not_whole = Videos and seconds are whole numbers; only dollars have decimals.
refusal-amount_too_fine = Dollars have at most six decimals.
refusal-amount_too_large = That is too much; at most { $most } are possible.
refusal-grant_nothing = The amount is 0, so there is nothing to give or take.
refusal-grant_none = There is nothing to take back: that member has no unspent extra quota of this unit.
refusal-grant_bot = Bots make no videos, so there is nothing to give to one or to take from it.
refusal-reason_too_long = The reason is too long; at most { $most } characters are possible.
refusal-rule_gone = There is no such rule in this server; choose one from the list.
refusal-draft_gone = That has been answered already, or is too old. Give the command again if you still want it.
refusal-days_out_of_range = Choose 1 to { $most } days.
refusal-report_not_drawn = I could not draw the picture just now. Try again later.
refusal-export_too_large = The table is larger than Discord takes here, even as a ZIP. Choose fewer days.
refusal-export_no_room = I have no room to write the table just now. Try again later.
