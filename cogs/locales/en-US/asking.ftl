# The question before a dear video, or before the last that a limit allows; and what finds videos in /history.

question-title = **{ $family } · { $seconds } s · { $price }**
question-price = This costs { $price }.
question-price-last = This costs { $price }. It is the last one that the limit of { $limit } allows.
question-until = -# This question is open until { $when }.
question-made = This question was answered. /history shows what it made.
question-cancelled = 🚫 Cancelled. Nothing was made, and nothing was held.
question-over = ⌛ This question was open for five minutes and is over. Nothing was made, and nothing was held. Ask once more if you still want the video.
button-question-make = Make it
button-question-cancel = Cancel
refusal-price_question = { $why } Nothing is held yet.
refusal-question_over = This question is over. Nothing was made, and nothing was held. Ask once more if you still want the video.

## Searching /history

history-words = words: { $find }
history-failed = Failed
history-pictured = With a picture
history-filter = Show only: models, failed, with a picture
history-all = All my videos
history-not-found = ### Your videos in this server
    None of them fits: { $what }
refusal-list_gone = That list is too old. Use /history again.

## The version that another was made from

version-of = { $version } of { $author }
diff-replaced = The prompt was replaced. Remix edits it, and a reply that begins with + adds to it.
