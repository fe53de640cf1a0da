# Texts of asking for a video: styles, defaults, forms of refused commands, /help.

## Names and descriptions of the commands

option-style-name = style
option-text-name = text
option-sora-style-description = A style of this server, added to your prompt
option-video-style-description = { option-sora-style-description }
command-defaults-name = defaults
command-defaults-description = What /sora and /video take for you here where you say nothing
option-defaults-model-description = Which model makes your videos here
option-defaults-shape-description = Their shape; a picture goes before it
option-defaults-seconds-description = How long they are, with the price
option-defaults-style-description = A style of this server
command-style-name = style
command-style-description = Styles of this server: texts added to a prompt
command-style-add-name = add
command-style-add-description = Add a style for everyone here (needs Manage Server)
option-style-add-name-description = What members choose it by
option-style-add-text-description = What is added to their prompt
command-style-remove-name = remove
command-style-remove-description = Remove a style (needs Manage Server); videos made with it stay
option-style-remove-name-description = Which one
command-style-list-name = list
command-style-list-description = The styles of this server

## The card: what nobody typed

card-style = style: { $style }
taken-thread = Kept from this thread's video: { $what }
taken-defaults = From your defaults: { $what }
taken-defaults-refused = From your defaults: { $what }. /defaults changes them; what you type goes before them.
taken-left-out = Left out, because { $family } cannot do it: { $what }
taken-no-style = The style “{ $style }” does not exist here any more, so it was left out.
taken-style-changed = The style “{ $style }” has been changed in this server since; this video has its text as it was.
taken-style-removed = The style “{ $style }” has been removed in this server since; this video has its text as it was.
taken-picture = its picture
taken-end-picture = its end picture
diff-style-none = no style
diff-style-before = { $style } (as it was)

## Styles

style-added = ### Style added
style-removed = ### Style removed
    “{ $style }” is gone. Videos that were made with it stay as they are, and their next versions keep it.
style-title = ### Styles of this server · { $count }
style-line = **{ $style }** · { $text }
style-how = -# Choose one as `style:` in /sora or /video, or with `--style` in a reply. Its text is added to the prompt that is sent.
styles-empty = None yet. A moderator adds one with /style add.
styles-known = This server has: { $names }.
styles-none = This server has none.
style-fact = “{ $name }”: { $text }
did-style_added = added a style
did-style_removed = removed a style
refusal-style_unknown = There is no style “{ $style }” here. { $known }
refusal-style_there = There is a style “{ $word }” already. Remove it first, or choose another name.
refusal-style_name_empty = The name of a style needs at least one letter or number.
refusal-style_name_reserved = “{ $word }” stands for no style, so no style can have that name.
refusal-style_name_too_long = The name is too long; at most { $most } characters are possible.
refusal-style_text_empty = The style has no text. Say what it adds to a prompt.
refusal-style_text_too_long = The text is too long; at most { $most } characters are possible.
refusal-too_many_styles = This server has { $most } styles, and that is the most. Remove one first.
refusal-styled_too_long = With the style “{ $style }” the prompt has { $length } characters; at most { $most } are possible.

## Defaults

defaults-title = ### Your defaults in this server
defaults-none = None. Set them with /defaults: a model, a shape, a length, a style. /sora and /video take them where you say nothing.
defaults-changed = Changed.
defaults-model = **Model** · { $model }
defaults-shape = **Shape** · { $shape }
defaults-seconds = **Length** · { $length }
defaults-style = **Style** · { $style }
defaults-style-gone = **Style** · { $style } (this server does not have it any more)
defaults-price = With these alone, /video makes { $length } with { $model } for { $price }.
defaults-refused = ⚠️ As they stand, these are refused here now: the model is gone or not allowed, or does not do that. Choose others, or clear them.
defaults-order = -# What you type goes before them, and so does the video of a thread. A picture goes before the shape.
defaults-cleared = ### Defaults cleared
    /sora and /video take the bot's own again.
button-defaults-clear = Clear
privacy-defaults = Your defaults in **{ $count }** { $count ->
    [one] server
   *[other] servers
}: model, shape, length and style
privacy-goes-defaults = Your defaults for /sora and /video go too.

## The form of a refused command

form-command = Your video
form-orientation-follows = Left as it is, it gives way to the shape of a picture that you add.
form-image-refused = Your picture was refused. Add another one, if you like (PNG, JPEG or WebP).

## /help

help-title = ### Sora Bot makes videos from words
help-start-button = Start
help-make-button = Make a video
help-models-button = Models
help-models-how = What you ask for chooses the model of { $video }; `model:` names one. /sora takes Sora 2 unless you name another.
help-prices = **Prices a second** · { $models }
help-price = { $family } · { $price }
help-versions-button = Go on from one
help-cost-button = Cost and quota
help-privacy-button = Your data
help-moderators-button = For moderators
help-start = { $sora } makes a video from your words, { $video } with any model. { $history } has all your videos, { $usage } your quota, { $defaults } what you like to use. The buttons below say more.
help-make-title = ### Make a video
help-sora = { $sora } `prompt:` what the video should show. Add `orientation:`, `duration:` (4 to 20 s), an `image:` to bring to life, or a `model:`. A card shows how far it is; the video is posted here and mentions you. **Cancel** works until it is sent.
help-video = { $video } takes any model. What you ask for chooses it: `shape:`, `seconds:` (with prices), an `image:` and an `end_image:`, `sound:`, what to `avoid:`, a `seed:`. Or choose a `model:`.
help-pictures = Without a shape, the video has that of its picture. **Apps → Animate image** on any message brings its picture to life.
help-styles = `style:` adds a style of this server ({ $style_list }). { $defaults } keeps your own model, shape, length and style for this server.
help-refused = If something is refused, **Open the form again** shows all that you typed.
help-versions-title = ### Go on from a video
help-results = **Below a video** · **Again** makes it once more, **Remix** changes the prompt, model, shape, length or image, **Continue** goes on from its last frame, **Join** makes such a chain one video, free of charge. **Thread** opens a thread for it. **Delete** (you and moderators) removes it. **Report** tells the moderators about it.
help-replies = **Or reply to a video**, with the ping on: your text is the new prompt, `+ at night` adds to the old one, an attached image replaces its own. At the end, `--square`, `--ar 9:16`, `--duration 8`, `--seed 7`, `--no rain`, `--style noir` and `--model kling` change the settings. Before a reply or **Again** that costs over $2, or takes the last of a limit, I ask first.
help-threads = **In the thread of a video**, mention me, or use /sora or /video: the newest version goes on, with all that you do not change.
help-history = { $history } has all your videos here, finds them by their words (`find:`), and posts one that could not be posted.
help-cost-title = ### Cost and quota
help-cost = **What it costs** · a video counts against your quota once it is finished; failed, refused and cancelled ones cost nothing. Prices marked “about” are estimates. **Models** has the price of a second of each model; a card has the price of its video.
help-usage = { $usage } shows your quota: used, held by running jobs, left, and when it resets.
help-time = **How long it takes** · usually a few minutes; the card shows the usual time once it is known.
help-privacy-title = ### Your data
help-privacy = { $privacy_show } says what I store about you, { $privacy_delete } deletes it: prompts, image copies, history and defaults.
help-moderators-title = ### For moderators
help-quota = { $quota_set } sets a limit, { $quota_plan } replaces all of somebody, { $quota_grant } gives extra quota. { $quota_list } shows how much is used, with buttons to remove limits; others show what was spent ({ $quota_report }) and who changed what ({ $quota_log }).
help-config = { $config_show } has all settings: channels, models, banned terms, the log channel, the time zone, and open reports.
help-closing = { $config_pause } stops new videos for a while, { $config_block } stops one member. **Undo** takes a change back for ten minutes.
help-style-add = { $style_add } adds a style that everyone here may use.
