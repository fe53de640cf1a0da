## Versions

version-name = v{ $version }
version-elsewhere = a version in another place
button-again = Again
button-remix = Remix
button-thread = Thread
button-reopen = Open the form again
button-post-here = Post here
button-versions = Versions
diff-from = From { $origin }
diff-same = Again from { $origin }, nothing changed
diff-changed = Changed from { $origin }: { $changes }
diff-setting = { $before } → { $after }
diff-image-added = with an image
diff-image-other = another image
diff-image-gone = without the image
diff-end-image-added = with an end picture
diff-end-image-other = another end picture
diff-end-image-gone = without the end picture
diff-sound-open = as the model does
diff-sound-open-now = sound as the model does
diff-seed-none = no seed
diff-avoid-none = nothing to avoid
diff-none = none
diff-prompt = the prompt
diff-rewritten = The prompt is written anew.
diff-more = { $count ->
    [one] … and one more change
   *[other] … and { $count } more changes
}

## The form

form-remix = Remix v{ $version }
form-animate = Animate image
form-prompt = Prompt
form-carried = Kept as far as the model can: { $carried }
form-orientation = Orientation
form-orientation-changed = It was { $shape }, which this model does not make.
form-shape-picture = The picture's shape
form-shape-keep = Keep picture · { $shape }
form-shape-keep-own = Keep picture (its shape)
form-shape-added = Picture added below · { $shape }
form-shape-added-own = Picture added below (its shape)
form-shape-none = No picture · { $shape }
form-duration = Duration
form-duration-changed = It was { $seconds } s, which is not available here with this model.
form-length = { $seconds } s · { $price }
form-image = Reference image
form-image-keep = Leave this empty to keep the image it has (PNG, JPEG or WebP).
form-image-none = A picture to bring to life, if you like (PNG, JPEG or WebP).
form-image-follows = A picture to bring to life, if you like; the video takes its shape (PNG, JPEG or WebP).
form-image-needed = This model makes a video from a picture only (PNG, JPEG or WebP).
form-image-never = This model takes no picture.
form-image-gone = The image is gone. Please add it again (PNG, JPEG or WebP).
form-image-lost = Discord does not keep your file. Please add it again (PNG, JPEG or WebP).
form-picture = Which image
form-picture-hint = This message has several.
form-model = Model
form-model-gone = { $family } is not available any more.
form-model-nearest = { $family } is not available any more. The nearest is selected.

## Threads

thread-opened = Your thread: { $thread }. What you make there with /sora or /video, or by mentioning me, goes on from this video.

## Replies and mentions

hint-card = Reply to the message with the video, not to this card: Discord does not show me replies to a card.
hint-card-waiting = Once the video is here, reply to it: Discord does not show me replies to this card.
hint-card-ended = There is no video to reply to, and Discord does not show me replies to this card. Press Again or Remix on it.
hint-card-nothing = There is no message with this video to reply to. Mention me in your reply to the card, and I can read it.
hint-mention = Mention me in a thread with a video, or reply to a video, and I make the next version from your words. For a new video use /sora or /video.
hint-empty = Say what the next version should show. Begin with + to add to the old prompt, or add --portrait, --duration 8, --no rain or --model.

## /history

history-title = ### Your videos in this server · { $count }
history-none = ### Your videos in this server
    None yet. Make one with /video or /sora.
history-page = Page { $page } of { $pages }
history-entry = { $version }{ $family } · { $orientation } · { $seconds } s · { $price } · { $state } · { $when }
history-link = [go there]({ $link })
history-expired = Prompts of your videos from before { $date } are no longer kept, so those videos are not listed.
history-full = The longer prompts are whole in this file:
history-newer = Newer
history-older = Older
state-reserved = ⏳ waiting
state-submitting = 📨 sending
state-unknown = 🔎 checking
state-submitted = 🎬 rendering
state-succeeded = ✅ done
state-kept = ⚠️ done, not posted
state-lost = ❌ lost
state-removed = 🗑️ removed
state-failed = ❌ failed
state-cancelled = 🚫 cancelled
posting-here = The video will be posted here in a moment.

## Versions as a tree

tree-title = ### Versions · { $count }
tree-forgotten = (deleted by its author)
tree-expired = (prompt no longer kept)
tree-earlier = Earlier
tree-later = Later
tree-choose = Remix one of these versions

## Refusals

refusal-forgotten = The author has deleted the words of this video, so it cannot be made again.
refusal-prompt_expired = The prompt of this video is no longer kept, because the video is too old, so it cannot be made again.
refusal-elsewhere = That version was made in another place, which you cannot read at the moment.
refusal-image_elsewhere = The reference image of this video is in another place, which you cannot read at the moment. Press Remix and add an image of your own, or go on without.
refusal-image_elsewhere_form = The reference image of this video is in another place, which you cannot read at the moment. Open the form and add an image of your own, or go on without.
refusal-image_gone = The reference image is gone. Press Remix and add it again.
refusal-image_gone_form = The reference image is gone. Open the form and add it again there.
refusal-picture_gone = That image is no longer there.
refusal-no_image = That message has no image I can use. I take PNG, JPEG and WebP.
refusal-form_gone = That form is too old. Open it again.
refusal-not_your_form = That form belongs to another member. Open your own.
refusal-form_sent = You have sent this form already: [here is what it makes]({ $link }).
refusal-form_sent_unseen = You have sent this form already. /history shows what it makes.
refusal-form_broken = Something in that form is not a possible choice. Open it again.
refusal-form_dearer = A video of { $seconds } s with { $model } costs { $price }, more than the form showed for that length. Nothing was made. Open the form again: it then shows the lengths of { $model } with their prices.
refusal-threads_off = Threads are switched off in this server.
refusal-in_a_thread = This video is in a thread already: mention me here, or use /sora or /video, and the next version goes on from the newest.
refusal-thread_impossible = I could not open a thread here. Ask a moderator whether I may create public threads in this channel.
refusal-discord_busy = Discord does not take this just now. Try again in a moment.
refusal-not_yours_to_post = Only the member who asked for this video can post it here.
refusal-no_video_yet = This video is not finished yet. It will be posted by itself.
refusal-no_video = This one ended without a video.
refusal-posted_already = This video is posted already: [watch it there]({ $link }).
refusal-maybe_posted = This video may be posted already in { $channels }, where I cannot look now. If I post it here too, there may be two of it. Press “Post here” below if you want that; or ask a moderator to let me read the message history there, and press it again in /history.
refusal-post_under_way = This video is on its way; it will be posted in a moment.
refusal-parameter_unknown = I do not know “{ $name }”. { $meant }I know { $known }. Nothing was made, and nothing was spent.
did-you-mean = Did you mean { $names }? { "" }
refusal-parameters_contradict = “{ $name }” contradicts “{ $other }”. Leave one of them out.
refusal-parameter_missing = “{ $name }” needs a value. For example: { $example }.
refusal-parameter_value = “{ $value }” is no value for “{ $name }”. For example: { $example }.
permission-create_public_threads = Create Public Threads
