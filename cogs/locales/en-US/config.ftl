# Texts of /config, the log channel, Delete, Report and /privacy.

## /config

config-title = ### Settings of this server
config-channels = **Channels** · { $value }
config-models = **Models** · { $value }
config-limits = **Limits** · { $value }
config-filter = **Banned terms** · { $value }
config-filter-now = **Banned terms** · { $count ->
    [0] none
   *[other] { $count }
}
config-blocked = **Blocked members** · { $value }
config-log-channel = **Log channel** · { $value }
config-threads = **Threads** · { $value }
config-results = **Results** · { $value }
config-timezone = **Time zone** · { $value }
config-timezone-note = -# Hours, days, weeks and months under way run to their end; the next ones follow this zone.
config-everywhere = everywhere
config-all = all
config-nothing = none
config-unset = no limit
config-no-log-channel = off
config-log-closed = { $channel } ⚠️ I may not write there
config-log-unseen = { $channel } ⚠️ I cannot see it
config-log-off-note = -# The menu in /config show switches it off.
config-channels-open = ⚠️ Nothing is listed any more, so every channel is allowed.
config-models-open = ⚠️ Nothing is listed any more, so every model is allowed.
config-models-many = -# There are more than { $most } models, too many for a menu: /config models changes the list.
config-spoiler-on = covered until clicked
config-spoiler-off = shown openly
config-some = { $named } and { $more } more
config-changed = ### Changed
config-unchanged = ### As before
config-no-reports = **Reports** · none open
config-reports = **Reports** · { $count } open
config-report = [a video]({ $link }) of { $author }, reported by { $who }
config-report-gone = a video of { $author } that is gone, reported by { $who }
limit-running = at once: { $value }
limit-waiting = waiting: { $value }
limit-longest = longest: { $value }
limit-dearest = dearest: { $value }
threads-never = never
threads-on-request = on request
threads-always = always
setting-channels = channels
setting-models = models
setting-limits = limits
setting-filter = filter
setting-log-channel = log-channel
setting-threads = threads
setting-timezone = timezone
setting-results = results
menu-log-channel = Log channel: pick one, or none to switch it off
button-log-off = Switch the log off
menu-channels = Allowed channels: none is everywhere
menu-models = Allowed models: none is all
menu-threads = Threads
menu-threads-option = Threads: { $mode }
menu-results = Results
menu-report = Look at a report
menu-report-option = { $count }× · { $prompt }
log-channel-hello = { $who } has made this my log: starts, failures, reports, refused prompts and changes of settings go here.
block-done = ### Blocked
    { $who } makes no more videos here. What they have running is finished; /config unblock undoes it.
unblock-done = ### Unblocked
    { $who } may make videos here again.

## The log channel

told-started = 🎬 { $who } started a video in { $where }
told-failed = ❌ A video of { $who } in { $where } failed: { $why }
told-reported = 🚩 { $who } reported { $what } of { $author } in { $where }
told-filtered = 🧱 A prompt of { $who } was refused. It contains the banned term “{ $term }”.
told-changed = ⚙️ { $who } { $did }{ $subject }
told-models_gone = 📭 No longer available: { $names }. Videos that were waiting for it go to an offer that makes the same for no more, or their quota is given back.
told-models_back = 📬 Available again: { $names }.
told-details = -# { $family } · { $orientation } · { $seconds } s · { $price }
told-from-to = { $before } → { $after }
told-why = -# Why: { $reason }

## Delete and Report

button-delete = Delete
button-delete-sure = Delete for everyone
button-report = Report
button-remove = Remove
button-block = Block member
button-dismiss = Dismiss
delete-sure = ### Delete this video?
    It is gone for everyone and cannot be brought back. The quota it used is not given back.
delete-done = ### Deleted
    The video is gone. The quota it used stays used.
report-told = ### Reported
    Thank you. The moderators have been told.
report-kept = ### Reported
    Thank you. The report is kept for the moderators: they see it in /config show.
report-gone = ✅ The video is gone already; { $who } closed the report.
report-blocked = ⛔ { $who } blocked { $member }.
report-dismissed = ✅ { $who } closed the report: the video stays.

## /privacy

privacy-title = ### What I store about you
privacy-none = Nothing: you have made no videos with me.
privacy-left = **{ $count }** deleted { $count ->
    [one] video
   *[other] videos
}: the prompt, image copy and history are gone. What stays are amounts, so that quotas are true, and what the card and **Delete** need. Moderators see the amounts without your name.
privacy-expired = **{ $count }** older { $count ->
    [one] video
   *[other] videos
}: the prompt and image copy are no longer kept. What stays are time, place, model, price and outcome.
privacy-generations = **{ $count }** { $count ->
    [one] video
   *[other] videos
} since { $since }: the prompt, when, where, which model, what it cost, and how it ended
privacy-images = **{ $count }** with a copy of your image
privacy-why = -# For making the videos, your history, and quotas. The prompt and image go to UniAll, which makes the video.
privacy-how = -# /privacy delete deletes prompts, image copies and history. **Delete** below a posted video deletes that one.
privacy-sure = ### Delete what I store about you?
privacy-goes = **Goes, in all servers:** { $count ->
    [one] { $count } prompt
   *[other] { $count } prompts
}, { $images ->
    [one] { $images } image copy
   *[other] { $images } image copies
}, and your history. This cannot be undone.
privacy-stays = **Stays:** videos and cards posted in channels, until **Delete** below each is pressed. Running videos are finished and forgotten after that. What was spent stays as amounts, so that quotas and totals are true: moderators see them without your name, the channel or the model.
privacy-done = ### Deleted
    Your prompts, image copies and history are gone. Videos that are still running are forgotten once they end.
privacy-nothing = ### Nothing to delete
    I store no prompt and no image of yours.
button-privacy-delete = Delete my data

## Refusals

refusal-channel_not_allowed = Videos are not made in this channel. Go to { $channels }.
refusal-model_not_allowed = “{ $model }” is not allowed in this server. Allowed: { $names }.
refusal-too_long = A video of { $seconds } s is too long for this server; at most { $most } s are allowed.
refusal-too_dear = That video would cost { $price }, and this server allows at most { $most } for one.
refusal-filtered = The prompt contains something that this server does not allow. Try other words.
refusal-term_empty = A term needs at least one letter or digit.
refusal-term_too_long = A term has at most { $most } characters.
refusal-term_there = “{ $term }” is banned already, and that covers it.
refusal-term_unknown = That term is not banned; choose one from the list.
refusal-too_many_terms = There are { $most } banned terms already, and that is the most.
refusal-too_many_channels = There are { $most } allowed channels already, and that is the most.
refusal-channel_not_listed = The list of allowed channels does not have { $channels }.
refusal-model_not_listed = “{ $model }” is not on the list of allowed models. Without a list all are allowed; to forbid one, allow the others.
refusal-limit_zero = That limit of 0 would let nothing through; only waiting may be 0, for no queue. Use -1 to lift a limit; /config pause stops all new videos here.
refusal-timezone_unknown = “{ $word }” is not a time zone that I know. Choose one from the list, such as Europe/Berlin.
refusal-timezone_too_often = The time zone was changed { $most } times within a month. Wait a little before the next change.
refusal-log_channel_closed = I cannot post in { $channels }. Allow me View Channel and Send Messages there.
refusal-log_channel_slow = Discord did not let me post in { $channels } just now. Try again in a minute.
refusal-blocked_already = That member is blocked already.
refusal-not_blocked = That member is not blocked.
refusal-too_many_blocked = There are { $most } blocked members already, and that is the most.
refusal-result_gone = That video is no longer there.
refusal-not_yours_to_delete = Only the member who asked for this video and the moderators can delete it.
refusal-not_recorded_yet = This video has only just been posted, and I am still noting it down. Try again in a moment.
refusal-delete_closed = The thread of this video is archived or locked. Write in it to open it, or ask a moderator to unlock it, and try again.
refusal-delete_failed = Discord did not delete the video just now. Try again in a minute.
refusal-delete_impossible = Discord does not let me delete that video. Check that I may view this channel, or delete the message yourself.
refusal-reported_already = You have reported this video already.
refusal-report_settled = That report is closed already.
refusal-not_your_data = Only the member who asked can confirm that.
