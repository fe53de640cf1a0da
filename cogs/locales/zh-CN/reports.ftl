# Texts of reports, of removed videos, and of the log channel that acts, in Simplified Chinese.

## The form

report-form-title = 举报此视频
report-why = 它有什么问题？
report-words = 补充说明
report-words-hint = 可不填。只有本服务器的管理员能看到。
report-reason-illegal = 违法或危险
report-reason-hateful = 仇恨或骚扰
report-reason-sexual = 色情内容
report-reason-other = 其他

## What moderators read

told-with-card = { $line } · [查看卡片]({ $link })
told-video = 视频
told-video-link = [视频]({ $link })
told-reported-many = 🚩 { $author } 在 { $where } 的{ $what }被举报 { $count } 次
told-report-words = ：“{ $words }”
told-left-out = …… 另有 { $count } 条因同时过多而省略。/配额 导出 列出所有视频。
told-deleted = ✅ 作者已删除此视频。
told-gone = ✅ 此视频已不存在。
told-not-made = ℹ️ 没有生成出视频，无需移除。
told-blocked = ⛔ { $member } 已被禁用。
told-unblock = -# 可以用 /配置 解除禁用 撤销。
removal-cancelled = ✅ { $who } 在发送前取消了此视频，配额已退回。
removal-unposted = ✅ { $who } 移除了此视频：它不会发布。视频已送去生成，因此仍计入用量。
removal-deleted = ✅ { $who } 移除了此视频。
audit-video = 视频
audit-video-link = [视频的卡片]({ $link })
card-removed-waiting = 🗑️ **已被管理员移除**，尚未发送 · 没有花费，配额已退回
card-removed-running = 🗑️ **已被管理员移除** · 不会发布；视频正在生成，因此仍计入用量
card-removed-failed = 🗑️ **已被管理员移除** · 视频也未能生成，配额已退回
card-removed-unposted = 🗑️ **已被管理员移除** · 没有发布；已用的配额不会退回

## The offer to set a log channel

log-offer = ### 还没有日志频道
    请选择一个只有管理员能看到的频道：我会在那里记录谁开始了什么视频（可直接移除），以及收到的举报。之后可以用 /配置 日志频道 更改。
log-offer-reports = ### 有 { $count } 个举报等待处理
    它们在 /配置 查看 中。请选择一个只有管理员能看到的频道，举报和处理按钮会发到那里。之后可以用 /配置 日志频道 更改。
log-offer-menu = 选择日志频道

## /quota list

list-used = -# { $bar } 已用 { $used }，剩余 { $left } · 重置时间：{ $resets }
list-used-members = -# 已用完：{ $active } 位活跃成员中的 { $full } 位 · 最多用量：{ $most } · 重置时间：{ $resets }
list-used-nobody = -# 还没有人使用 · 重置时间：{ $resets }
list-role-gone = -# 该身份组已被删除：此规则不再适用于任何人
list-used-role = -# 对拥有此身份组的每位成员分别计算；/配额 查看 显示某位成员的用量
list-closed = -# 不能生成任何视频
list-lifted = -# 不计算用量
