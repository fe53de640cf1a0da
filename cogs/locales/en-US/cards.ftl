# More texts of status cards, and the message to the author of a job that failed.

card-author = for { $mention }
card-waiting-somewhere = ⏳ **Waiting** · in the queue
card-starting = ⏳ **Waiting** · about to be sent
card-expected-in = usually ready in about { $length }
card-expected-soon = usually takes about { $length }; it should be ready any moment
card-overdue = it takes longer than usual (about { $length }). I keep asking UniAll until { $until }. If the video is not ready by then, your quota comes back.
card-late = it takes unusually long. I keep asking UniAll until { $until }. If the video is not ready by then, your quota comes back. Until then your quota is held.
card-fetching-again = UniAll does not give a video that plays. I keep trying until { $until }. If there is none by then, your quota comes back.
card-held-until = I keep trying until { $until }, longer if nobody answers. If your job has not been sent by then, your quota comes back. **Cancel** brings it back at once.
card-held-open = Your job is sent as soon as there is room. **Cancel** brings your quota back at once.
card-submitting-silent = UniAll has not answered yet. If no answer comes within a few minutes, I look for the job in its list; if it is not there, your quota comes back.
card-unknown-until = If it is not there within half a minute, your quota comes back, and the job is not sent again.

notice-failed = { $mention } your video failed: { $why } Your quota is back.
button-retry = Again

## What the menus of /config show set

label-log-channel = **Log channel** · where I tell of starts, failures, reports and changes; none: off
label-channels = **Channels** · where videos may be asked for; none: everywhere
label-models = **Models** · which ones members may use; none: all
label-threads = **Threads** · whether videos get a thread
label-results = **Results** · whether videos are covered until clicked
label-report = **Reports** · look at one
channel-unseen = a channel that I cannot see
