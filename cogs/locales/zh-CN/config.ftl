# Texts of /config, the log channel, Delete, Report and /privacy, in Simplified Chinese.

## /config

config-title = ### 本服务器的设置
config-channels = **频道** · { $value }
config-models = **模型** · { $value }
config-limits = **限制** · { $value }
config-filter = **屏蔽词** · { $value }
config-filter-now = **屏蔽词** · { $count ->
    [0] 无
   *[other] { $count } 个
}
config-blocked = **被禁用的成员** · { $value }
config-log-channel = **日志频道** · { $value }
config-threads = **子区** · { $value }
config-results = **结果** · { $value }
config-timezone = **时区** · { $value }
config-timezone-note = -# 当前的小时、天、周和月按原时区走完，之后的按新时区计算。
config-everywhere = 所有频道
config-all = 全部
config-nothing = 无
config-unset = 不限
config-no-log-channel = 关闭
config-log-closed = { $channel } ⚠️ 我没有在此频道发送消息的权限
config-log-unseen = { $channel } ⚠️ 我看不到此频道
config-log-off-note = -# 可以在 /配置 查看 的菜单中关闭。
config-channels-open = ⚠️ 列表已空，因此所有频道都可以使用。
config-models-open = ⚠️ 列表已空，因此所有模型都可以使用。
config-models-many = -# 模型超过 { $most } 个，菜单放不下：请用 /配置 模型 修改名单。
config-spoiler-on = 遮挡，点击后显示
config-spoiler-off = 直接显示
config-some = { $named } 等，另有 { $more } 项
config-changed = ### 已更改
config-unchanged = ### 没有变化
config-no-reports = **举报** · 没有待处理的
config-reports = **举报** · { $count } 条待处理
config-report = { $author } 的[视频]({ $link })，举报人：{ $who }
config-report-gone = { $author } 的一个已不存在的视频，举报人：{ $who }
limit-running = 同时生成：{ $value }
limit-waiting = 排队：{ $value }
limit-longest = 最长：{ $value }
limit-dearest = 最贵：{ $value }
threads-never = 从不
threads-on-request = 按需
threads-always = 总是
setting-channels = 频道
setting-models = 模型
setting-limits = 限制
setting-filter = 屏蔽词
setting-log-channel = 日志频道
setting-threads = 子区
setting-timezone = 时区
setting-results = 结果
menu-log-channel = 日志频道：选择一个，不选则关闭
button-log-off = 关闭日志
menu-channels = 允许的频道：不选则为所有频道
menu-models = 允许的模型：不选则为全部
menu-threads = 子区
menu-threads-option = 子区：{ $mode }
menu-results = 结果
menu-report = 查看举报
menu-report-option = { $count } 次 · { $prompt }
log-channel-hello = { $who } 已将这里设为我的日志频道：视频的开始与失败、举报、被拒绝的提示词和设置的更改都会记录在这里。
block-done = ### 已禁用
    { $who } 不能再在这里生成视频。进行中的视频会完成；可以用 /配置 解除禁用 撤销。
unblock-done = ### 已解除禁用
    { $who } 可以重新在这里生成视频。

## The log channel

told-started = 🎬 { $who } 在 { $where } 开始生成视频
told-failed = ❌ { $who } 在 { $where } 的视频失败：{ $why }
told-reported = 🚩 { $who } 举报了 { $author } 在 { $where } 的{ $what }
told-filtered = 🧱 { $who } 的提示词被拒绝，其中包含屏蔽词“{ $term }”。
told-changed = ⚙️ { $who } { $did }{ $subject }
told-models_gone = 📭 已不可用：{ $names }。等待中的视频会改用同样且不更贵的供应，否则退还额度。
told-models_back = 📬 重新可用：{ $names }。
told-details = -# { $family } · { $orientation } · { $seconds } 秒 · { $price }
told-from-to = { $before } → { $after }
told-why = -# 原因：{ $reason }

## Delete and Report

button-delete = 删除
button-delete-sure = 为所有人删除
button-report = 举报
button-remove = 移除
button-block = 禁用成员
button-dismiss = 忽略
delete-sure = ### 要删除此视频吗？
    所有人都将看不到它，且无法恢复。已用的配额不会退回。
delete-done = ### 已删除
    视频已删除，已用的配额不会退回。
report-told = ### 已举报
    谢谢，已通知管理员。
report-kept = ### 已举报
    谢谢。举报已为管理员保留：可以在 /配置 查看 中看到。
report-gone = ✅ 视频此前已不存在，{ $who } 关闭了举报。
report-blocked = ⛔ { $who } 禁用了 { $member }。
report-dismissed = ✅ { $who } 关闭了举报，视频保留。

## /privacy

privacy-title = ### 我保存的您的数据
privacy-none = 没有：您还没有用我生成过视频。
privacy-left = 已删除数据的视频 **{ $count }** 个：提示词、图片副本和历史记录都已删除。仅保留金额等数量（以保证配额准确），以及卡片和 **删除** 所需的信息。管理员只能看到数量，看不到您的名字。
privacy-expired = 较早的视频 **{ $count }** 个：提示词和图片副本已不再保留。仅保留时间、地点、模型、费用和结果。
privacy-generations = 自 { $since } 起共 **{ $count }** 个视频：提示词、时间、地点、模型、费用和结果
privacy-images = 其中 **{ $count }** 个保存了您的图片副本
privacy-why = -# 用于生成视频、您的历史记录和配额。提示词和图片会发送给生成视频的 UniAll。
privacy-how = -# /隐私 删除 可以删除提示词、图片副本和历史记录。已发布的视频请点其下方的 **删除**。
privacy-sure = ### 要删除我保存的您的数据吗？
privacy-goes = **将在所有服务器中删除：**{ $count } 条提示词、{ $images } 张图片副本，以及您的历史记录。此操作无法撤销。
privacy-stays = **将会保留：**已发布在频道中的视频和卡片，除非分别点其下方的 **删除**。进行中的视频会完成，之后即被清除。支出只保留数量，以保证配额和总数准确：管理员看不到您的名字、频道和模型。
privacy-done = ### 已删除
    您的提示词、图片副本和历史记录已删除。仍在进行的视频会在结束后清除。
privacy-nothing = ### 没有可删除的数据
    我没有保存您的提示词或图片。
button-privacy-delete = 删除我的数据

## Refusals

refusal-channel_not_allowed = 此频道不能生成视频，请前往 { $channels }。
refusal-model_not_allowed = 本服务器不允许使用“{ $model }”。允许的有：{ $names }。
refusal-too_long = { $seconds } 秒的视频超出了本服务器的上限，最长 { $most } 秒。
refusal-too_dear = 此视频需要 { $price }，而本服务器单个视频最多 { $most }。
refusal-filtered = 提示词中包含本服务器不允许的内容，请换一种描述。
refusal-term_empty = 屏蔽词至少要有一个字母、汉字或数字。
refusal-term_too_long = 屏蔽词最多 { $most } 个字符。
refusal-term_there = 屏蔽词“{ $term }”已经存在，无需再添加。
refusal-term_unknown = 没有这个屏蔽词，请从列表中选择。
refusal-too_many_terms = 屏蔽词已有 { $most } 个，达到上限。
refusal-too_many_channels = 允许的频道已有 { $most } 个，达到上限。
refusal-channel_not_listed = 允许的频道中没有 { $channels }。
refusal-model_not_listed = “{ $model }”不在允许的模型中。没有列表时全部允许；要禁止某个模型，请允许其他模型。
refusal-limit_zero = 此限制为 0 会拦下一切；只有排队可以为 0，表示不排队。用 -1 取消限制；要停止这里的所有新视频，请用 /配置 暂停。
refusal-timezone_unknown = 没有“{ $word }”这个时区。请从列表中选择，例如 Asia/Shanghai。
refusal-timezone_too_often = 一个月内已更改 { $most } 次时区，请过些时候再改。
refusal-log_channel_closed = 我无法在 { $channels } 发送消息，请在那里允许我查看频道和发送消息。
refusal-log_channel_slow = Discord 暂时没有让我在 { $channels } 发送消息，请一分钟后再试。
refusal-blocked_already = 该成员已被禁用。
refusal-not_blocked = 该成员没有被禁用。
refusal-too_many_blocked = 被禁用的成员已有 { $most } 名，达到上限。
refusal-result_gone = 此视频已不存在。
refusal-not_yours_to_delete = 只有请求此视频的成员和管理员可以删除它。
refusal-not_recorded_yet = 这个视频刚刚发出，我还在记录。请稍后再试。
refusal-delete_closed = 此视频所在的子区已归档或锁定。请在里面发一条消息来打开它，或请管理员解锁，然后再试一次。
refusal-delete_failed = Discord 暂时没有删除此视频，请一分钟后再试。
refusal-delete_impossible = Discord 不允许我删除此视频。请确认我可以查看此频道，或者自行删除该消息。
refusal-reported_already = 您已经举报过此视频。
refusal-report_settled = 此举报已经关闭。
refusal-not_your_data = 只有提出请求的成员本人可以确认。
