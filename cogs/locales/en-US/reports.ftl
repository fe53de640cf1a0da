# Texts of reports, of removed videos, and of the log channel that acts; the rest of the log channel is in config.ftl.

## The form

report-form-title = Report this video
report-why = What is wrong with it?
report-words = In your own words
report-words-hint = Optional. Only the moderators of this server read it.
report-reason-illegal = Illegal or dangerous
report-reason-hateful = Hateful or harassing
report-reason-sexual = Sexual content
report-reason-other = Something else

## What moderators read

told-with-card = { $line } · [its card]({ $link })
told-video = a video
told-video-link = [a video]({ $link })
told-reported-many = 🚩 { $count } reports of { $what } of { $author } in { $where }
told-report-words = : “{ $words }”
told-left-out = … and { $count ->
    [one] { $count } more entry
   *[other] { $count } more entries
}, left out because too many came at once. /quota export lists every video.
told-deleted = ✅ Its author deleted the video.
told-gone = ✅ The video is gone.
told-not-made = ℹ️ No video came of it, so there is nothing to remove.
told-blocked = ⛔ { $member } is blocked.
told-unblock = -# /config unblock undoes it.
removal-cancelled = ✅ { $who } cancelled the video before it was sent. Its quota was given back.
removal-unposted = ✅ { $who } removed the video: it is not posted. It counts as used, because it was sent to be made.
removal-deleted = ✅ { $who } removed the video.
audit-video = a video
audit-video-link = [the card of the video]({ $link })
card-removed-waiting = 🗑️ **Removed by a moderator** before it was sent · nothing was spent, your quota is back
card-removed-running = 🗑️ **Removed by a moderator** · it is not posted; it counts as used, because it is being made
card-removed-failed = 🗑️ **Removed by a moderator** · it failed as well, so your quota is back
card-removed-unposted = 🗑️ **Removed by a moderator** · it was not posted; the quota it used stays used

## The offer to set a log channel

log-offer = ### No log channel yet
    Choose a channel that only moderators can see: I tell there who started what, with buttons to remove it, and what was reported. /config log-channel changes it later.
log-offer-reports = ### { $count ->
    [one] One report waits
   *[other] { $count } reports wait
} for you
    They are in /config show. Choose a channel that only moderators can see, and reports come there, with what to do about them. /config log-channel changes it later.
log-offer-menu = Choose a log channel

## /quota list

list-used = -# { $bar } { $used } used, { $left } left · resets { $resets }
list-used-members = -# at the limit: { $full } of { $active } active { $active ->
    [one] member
   *[other] members
} · most used: { $most } · resets { $resets }
list-used-nobody = -# nobody has used any of it yet · resets { $resets }
list-used-role = -# counts for each member with the role; /quota show tells what one has used
list-role-gone = -# this role has been deleted: the rule applies to nobody
list-closed = -# nothing can be made
list-lifted = -# nothing is counted against it
