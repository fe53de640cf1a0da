# Every text a member reads. One message a line; a placeholder is named for what it holds.

## The status card

card-title = { $family } · { $orientation } · { $seconds } s · { $price }{ $version }
landscape = Landscape
portrait = Portrait
square = Square
shape-from-image = Shape follows the picture
card-sound-on = with sound
card-sound-off = without sound
card-seed = seed { $seed }
card-end-image = ends with a picture
card-avoid = not to show: { $avoid }
card-waiting = ⏳ **Waiting** · place { $place } in the queue
card-next = ⏳ **Waiting** · next in the queue
card-held = ⏳ **Waiting** · { $why }
card-submitting = 📨 **Sending to UniAll**
card-unknown = 🔎 **Checking** · UniAll did not answer; looking for the job in its list
card-queued = 🎬 **Accepted by UniAll**
card-rendering = 🎬 **Rendering** { $bar } { $percent } %
card-fetching = 📥 **Rendered** · fetching the video
card-posting = 📤 **Rendered** · posting the video
card-expected = usually ready { $when } (takes about { $length })
card-done = ✅ **Done** in { $took } · [watch the video]({ $link })
card-kept = ⚠️ **Done**, but the video could not be posted here. It is kept. /history offers to post it; for this channel, ask a moderator to check that I may view it, send messages, attach files and read message history.
card-too-large = ⚠️ **Done**, but the video is too large for this server and could not be made smaller. It is kept, and /history offers to post it elsewhere.
card-lost = ❌ **Done**, but the video was lost before it could be posted: it is no longer on my disk, and UniAll has deleted it too. It counts as used; a moderator can make up for it with /quota grant.
card-removed = 🗑️ **Done**, and removed from this channel since
card-cancelled = 🚫 **Cancelled** · nothing was spent, your quota is back
card-cut-off = The bot was restarted before it could take this request. Nothing was spent: please send it again.
card-failed = ❌ **Failed** · { $why } Your quota is back.
button-cancel = Cancel
alt-reference = Reference image
alt-first = First frame
alt-end = Last frame

hold-rate_limited = UniAll takes no more jobs for the moment
hold-insufficient_funds = the operator's UniAll account needs funds; they have been told
hold-auth = UniAll does not accept the operator's key; they have been told
hold-model_unavailable = UniAll has no free channel for this model just now
hold-unreachable = UniAll cannot be reached just now
hold-disk = there is no room for more videos; the operator has been told
hold-image = Discord cannot be asked for your image just now

## Why a job failed; each is followed by "Your quota is back."

fault-auth = UniAll does not accept the operator's key.
fault-insufficient_funds = The operator's UniAll account has no funds.
fault-forbidden = UniAll does not allow this model to the operator's key. Try another model.
fault-bad_request = UniAll refused the request. Try other words, another length or another image.
fault-too_large = The image is too large for UniAll. Try a smaller one.
fault-wrong_format = UniAll has changed the way this model is called. Try another model.
fault-not_found = UniAll does not know this job.
fault-rate_limited = UniAll takes no more jobs for the moment. Try again in a few minutes.
fault-model_unavailable = UniAll no longer offers this model. Try another one.
fault-gateway_error = UniAll had a fault of its own. Try again in a few minutes.
fault-transient = UniAll had a fault of its own. Try again in a few minutes.
fault-content_blocked = The content check refused this prompt or image. Try other words.
fault-upstream_failed = The model could not make this video. Try again, or try other words.
fault-result_missing = UniAll finished the video, but it could not be fetched.
fault-result_unusable = UniAll finished, but what it gave was no video.
fault-expired = The job expired at UniAll before it was done.
fault-model_withdrawn = The model was withdrawn before your job's turn came. Try another one.
fault-image_gone = Your image is no longer there, so the job could not be sent. Add it again.
fault-unclear = UniAll gave no clear answer, and the job could not be found there. It was not sent again.
fault-lost = UniAll no longer knows the job.
fault-timed_out = UniAll did not finish within a day.
fault-waited_too_long = UniAll took no job for a day.
fault-server_left = I was removed from this server, or the operator of this bot no longer serves it, before your job was sent.

## The result

result-ready = { $mention } your video is ready
result-moved = -# Asked for in { $channel }, where I could not post it.
place-private = a private thread
result-details = -# { $family } · { $orientation } · { $seconds } s · { $price }{ $version }
result-shrunk = -# Shrunk to what this server takes.
result-shrunk-from = -# Shrunk to what this server takes · [the original at UniAll]({ $link }), for a limited time
result-link = { $mention } your video is ready, but it is larger than this server takes: [watch it at UniAll]({ $link }). The link works for a limited time.

## Refusals: one clear sentence, only the member sees it, nothing was spent

refusal-prompt_empty = The prompt is empty. Say what the video should show, for example: A cat running through grass.
refusal-prompt_too_long = The prompt has { $length } characters; at most { $most } are possible.
refusal-prompt_link = Discord's link filter does not let a link in this prompt be shown. Leave the link out and try again. Nothing was sent, and nothing was spent.
refusal-avoid_too_long = What the video should not show is too long; at most { $most } characters are possible.
mention-someone = someone
mention-role = role
mention-channel = channel
refusal-orientation_unknown = “{ $word }” is not an orientation. Choose Landscape or Portrait.
refusal-shape_unknown = “{ $word }” is not a shape. Choose Landscape, Portrait, Square, 4:3 or 3:4.
refusal-seconds_unknown = “{ $word }” is not a length. Give whole seconds, for example 8.
refusal-no_models = No model is available right now. The operator has been told.
refusal-model_unknown = There is no model “{ $model }”. Available now: { $names }.
refusal-model_off = “{ $model }” is not available right now. Available: { $names }. Name one as the model.
refusal-dearer_only = “{ $model }” cannot be had at its usual price right now. To pay more, name one of these as the model: { $names }.
refusal-dearer_now = This costs { $price } now; the card says { $before }. To make it at the new price, name the model: with /sora, or with --model in a reply.
refusal-offer_dearer = This costs { $price } now; the button said { $before }. Nothing was made.
refusal-offer_made = This button has made its video already: [here it is]({ $link }).
refusal-offer_made_unseen = This button has made its video already. /history shows it.
nearest-model = Make it with { $family } · { $price }
rate = { $price } a second
rate-about = about { $price } a second
name-price = { $name } ({ $price } a second)
name-price-about = { $name } (about { $price } a second)
price-about = about { $price }
refusal-no_fit = “{ $model }” cannot make that. What does not fit: { $lacks }. It makes: { $fits }. { $others }
refusal-nothing_fits = { $count ->
    [one] No model here can do that. { $able }.
   *[other] No model can do all of that at once. Alone, each can be had so: { $able }.
}
refusal-end_image_alone = An end picture needs a picture to start from. Add it as `image`.
asked-shape = that shape
asked-length = that length
asked-image = a picture
asked-no_image = no picture (it needs one, as `image`)
asked-end_image = an end picture
asked-sound_on = sound
asked-sound_off = no sound
asked-avoid = something to avoid
asked-seed = a seed
asked-prompt_length = a prompt this long
refusal-image_empty = The image is empty (0 bytes).
refusal-image_too_large = The image is too large; at most { $most } MB are possible.
refusal-image_too_slow = The image takes too long to read: over 10 seconds. A plain PNG or JPEG of it works better.
refusal-image_too_heavy = The image takes too much memory to read. A smaller one works better.
refusal-images_busy = Too many images are being read right now. Try again in a minute.
refusal-image_too_many_pixels = The image has too many pixels; at most { $most } megapixels are possible.
refusal-image_too_wide = The { $picture } is { $ratio } times as wide as high; { $model } takes at most { $most }. { $others }
refusal-image_too_high = The { $picture } is { $ratio } times as high as wide; { $model } takes at most { $most }. { $others }
picture-first = picture
picture-end = end picture
refusal-image_not_an_image = That file is not a PNG, JPEG or WebP image, or it is damaged. Save it as one of these and add it again.
refusal-no_channel = Discord did not say which channel this is. Try again there.
refusal-image_unreadable = Discord did not give me the image. Attach it again.
refusal-quota = That would pass { $scope } limit of { $limit } per { $per }: { $used } used, { $held } held by running jobs, this video needs { $needs }. It opens again { $opens }.
refusal-quota-never = This video needs { $needs }, more than { $scope } limit of { $limit } per { $per } ever allows. Choose a shorter one or another model.
refusal-quota-grants = Your extra quota has { $left } left.
refusal-quota-closed = Videos are closed: { $scope } limit is { $limit } per { $per }.
refusal-too_many_open = You have { $count ->
    [one] { $count } video
   *[other] { $count } videos
} running or waiting, and that is the most at one time. Wait until one is done.
refusal-too_many_running = You have { $running ->
    [one] { $running } video
   *[other] { $running } videos
} running, and in this server none may wait. Wait until one is done.
refusal-too_many_waiting = You have { $running ->
    [one] { $running } video
   *[other] { $running } videos
} running and { $waiting } waiting, and in this server no more of yours may wait. Wait until one is done.
refusal-guild_only = I work in servers: use /sora or /video in a channel there.
refusal-not_in_server = I am not a member of this server: my commands are here, but I could not post the video. Ask a moderator to invite me again.
refusal-guild_not_allowed = This server is not on the list of servers that the operator of this bot serves.
refusal-restarting = The bot is just restarting. Try again in a minute.
refusal-disk_full = I have no room for more videos just now. The operator has been told. Try again later.
refusal-media_unavailable = I cannot reach my stored files just now. Nothing was changed or used, and the operator has been told. Try again later.
refusal-database_full = I have no room for more videos just now: the disk of the database is full. Nothing was changed, and the operator has been told. Try again later.
refusal-database_unwritten = The database cannot be written just now; nothing was changed. The operator has been told. Try again in a minute.
refusal-database_unread = The database cannot be read just now. The operator has been told. Try again in a minute.
refusal-card_refused = Discord did not take the card of your video here. Nothing was sent, and nothing was spent.
refusal-missing_permissions = That needs what I may not do here: { $permissions }. Ask a moderator to allow it.
refusal-gone = That video no longer exists.
refusal-not_yours = Only the member who asked for this video can cancel it.
refusal-too_late = It is too late to cancel: the job has already been sent.
refusal-already_cancelled = That is cancelled already.
refusal-unexpected = Something went wrong on my side. It is in the log as { $reference }. Check /usage before you try again.

permission-view_channel = View Channel
permission-send_messages = Send Messages
permission-send_messages_in_threads = Send Messages in Threads
permission-attach_files = Attach Files
permission-read_message_history = Read Message History

scope-member = your
scope-guild = this server's
scope-operator = the operator's

unit-videos = { $amount ->
    [one] { $amount } video
   *[other] { $amount } videos
}
unit-seconds = { $amount } s
fits-offer = { $shapes } of { $seconds } s
fits-no-image = without an image
fits-others = These can: { $names }.
fits-take = These take it: { $names }.
fits-nobody = No other model that is available can.
fits-able = { $asked }: { $names }
fits-none = none
fits-nearest = none; the nearest are { $lengths }
per-hour = hour
per-day = day
per-week = week
per-month = month

list-comma = { ", " }
list-or = { $before } or { $last }
list-semicolon = { "; " }
length-hours = { $hours } h
length-hours-minutes = { $hours } h { $minutes } min
length-minutes = { $minutes } min
length-minutes-seconds = { $minutes } min { $seconds } s
length-seconds = { $seconds } s

## /usage

usage-title = ### Your quota
usage-line = **{ $limit } per { $per }** { $bar } { $left }
usage-left = { $left } left
usage-legend = ▰ used, ▨ held
usage-over = nothing left, { $over } over the limit
usage-details = { $used } used · { $held } held by running jobs · resets { $resets }
usage-unlimited = ### Your quota
    You have no limits here.

## /help

help-models = ### Models and prices a second
help-model = { $family } · { $price } · { $seconds } s · { $shapes } · { $can }
help-image = picture
help-image-needed = needs a picture
help-shape-of-image = the picture's shape
help-end-image = end picture
help-sound = sound on/off
help-seed = seed
help-avoid = avoid
