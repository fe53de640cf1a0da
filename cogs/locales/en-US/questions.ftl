# The question before a dear video, or before the last that a limit allows.

question-title = **{ $family } · { $seconds } s · { $price }**
question-price = This costs { $price }.
question-last = It is the last one that the limit of { $limit } allows.
question-until = -# Nothing is held yet. This question is open until { $when }.
question-made = This question was answered. /history shows what it made.
question-cancelled = 🚫 Cancelled. Nothing was made, and nothing was held.
question-over = ⌛ This question was open for five minutes and is over. Nothing was made, and nothing was held. Ask once more if you still want the video.
button-question-make = Make it
button-question-cancel = Cancel
refusal-price_question = { $why } Shall I make it?
refusal-question_over = This question is over. Nothing was made, and nothing was held. Ask once more if you still want the video.
