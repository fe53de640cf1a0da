## Continue: the last frame of a video becomes the picture of the next

button-continue = Continue
form-continue = Continue v{ $version }
form-continue-prompt = The new video starts from the last frame and keeps its shape.
form-continue-carried = It starts from the last frame and keeps its shape, and if the model can: { $carried }
form-continue-model = { $family } starts from no picture. The nearest that does is selected.
diff-image-continues = goes on from its last frame
refusal-frame_gone = The video of this version can no longer be read, so its last frame cannot be taken. Press Remix and add a picture of your own.
refusal-frame_no_models = No model that starts from a picture is available here right now.

## Join: a chain of such videos as one

button-join = Join
join-asked = { $versions } are being joined into one video of { $seconds } s, free of charge. It comes here in a moment.
joined-ready = { $mention } your joined video is ready: { $versions }
joined-details = -# { $seconds } s · v{ $version }
history-joined = **v{ $version }** · joined from { $versions } · { $seconds } s · { $state } · { $when }
tree-joined = joined from { $versions }
join-failed-part_gone = { $mention } v{ $version } was deleted, so there is no joined video with it.
join-failed-part_unreadable = { $mention } the video of v{ $version } can no longer be read, neither from my disk nor from its message. Nothing was joined.
join-failed-unusable = { $mention } these videos could not be joined. Press Join to try again.
join-failed-no_room = { $mention } there was no room to join these videos. Press Join to try again later.
refusal-join_alone = This version goes on from no other one, so there is nothing to join. Press Continue first.
refusal-join_too_long = At most { $most } videos can be joined, and this chain has more. Press Join on an earlier one.
refusal-join_busy = Another video of this server is just being joined. Try again in a minute.
refusal-join_under_way = This chain is being joined already. The video will be posted in a moment.
refusal-join_made = This chain is joined already: [watch it there]({ $link }).
refusal-join_elsewhere = This chain is joined already, in another place, which you cannot read at the moment.
refusal-join_kept = This chain is joined already, but the video could not be posted. Whoever asked for it can post it from /history.
refusal-join_part_gone = The video of v{ $version } was deleted, so this chain can no longer be joined.
refusal-join_part_elsewhere = The version v{ $version } is in another place, which you cannot read at the moment, so I cannot join this chain for you.
refusal-join_part_waiting = The video of v{ $version } is not posted yet. Press Join once it is.
