"""How the hints begin that a reply or a mention gets."""

HINT_FOR_CARDS = "Reply to the message with the video"

HINT_FOR_MENTIONS = "Mention me in a thread with a video"

HINT_FOR_NOTHING = "Say what the next version should show"
