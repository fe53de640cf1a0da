# Texts of pauses, blocks that end, plans, grants with an end or to a role, Undo, and what holds without a setting, in
# Simplified Chinese.

## Undo

button-undo = 撤销
button-undo-card = 撤销上一次更改
undo-done = ### 已撤销
undo-from-to = { $before } → { $after }
undo-open = 接受新视频
undo-unblocked = 未禁用
undo-nothing = 无
undo-spent = ⚠️ 其中 { $spent } 已经用掉，无法收回；已收回 { $taken }。
undo-role = 该身份组的额外配额已终止，不能再使用。
undo-role-spent = 该身份组的额外配额已终止，不能再使用。其中 { $spent } 已经用掉，无法收回。
did-undone = 撤销了一项更改
refusal-undo_none = 此项无法撤销。
refusal-undo_late = 只能在十分钟内撤销，请改用新的命令。
refusal-undo_done = 此项已经撤销过了。
refusal-undo_changed = 之后已有人更改了同一项，因此保持现状。请改用新的命令。
refusal-undo_spent = 已经没有可以收回的了。

## A default that a rule for everyone drops

button-keep-limit = 同时保留{ $limit }
keep-done = ✅ 对所有人同时保留：**{ $limit }**
keep-there = ℹ️ 所有人已有同类限额，没有更改：{ $limit }
set-close-note = -# 这只对没有更优先限额的成员关闭。要停止这里的所有新视频，请用 /配置 暂停。

## /quota plan

plan-title = ### 已设置限额方案
plan-line = { $who }：**{ $rules }**
plan-before = -# 之前：{ $rules }
plan-none = 没有自己的限额
plan-stopped = ⚠️ 不会用到{ $rule }：{ $limits } 会先拦下。
did-planned = 替换了全部限额
refusal-plan_unreadable = “{ $word }”不是限额。例如：`5 videos per day, 3 usd per week`；单位为 `videos`（视频数）、`seconds`（秒数）、`usd`（美元），周期为 `hour`（小时）、`day`（天）、`week`（周）、`month`（月）。`none` 移除全部，`unlimited` 全部不限。
refusal-plan_twice = “{ $word }”与前面的单位和周期重复。每种只写一次，例如：`5 videos per day, 3 usd per week`。
refusal-plan_same = 现有限额与此完全相同，没有更改。

## /quota grant with an end, to a role, announced

grant-ends = -# 这 { $amount } 中未用完的部分将于 { $when } 失效。
grant-role = 拥有 { $who } 的每位成员增加 { $amount }。
grant-everyone = 这里的每位成员增加 { $amount }。
grant-role-note = -# 每位成员首次使用时领取自己的一份，此后归其所有。可通过撤销或到期收回。
grant-announced = 🎁 { $who } 在这里获得额外配额 { $amount }。
grant-announced-ends = 🎁 { $who } 在这里获得额外配额 { $amount }，有效期至 { $when }。
grant-announced-role = 🎁 { $who }：拥有此身份组的每位成员在这里获得额外配额 { $amount }。
grant-announced-role-ends = 🎁 { $who }：拥有此身份组的每位成员在这里获得额外配额 { $amount }，有效期至 { $when }。
grant-announced-everyone = 🎁 每位成员在这里获得额外配额 { $amount }。
grant-announced-everyone-ends = 🎁 每位成员在这里获得额外配额 { $amount }，有效期至 { $when }。
grant-not-announced = 额外配额已发放，但 Discord 没有让我在这里发布公告。
grant-until = { $amount }，有效期至 { $when }
grant-each = 每位成员 { $amount }
usage-lot = -# 其中 { $amount } 有效期至 { $when }
usage-lot-role = -# 其中 { $amount } 来自{ $role }
usage-lot-role-ends = -# 其中 { $amount } 来自{ $role }，有效期至 { $when }
usage-lots-more = -# …… 还有 { $count } 项
usage-lot-everyone = 全员发放
grant-choice = 每人额外 { $amount }
grant-closed = ### 已终止发放
    { $who } 不能再使用这 { $amount }。已用的部分不变。
list-grants = **身份组的额外配额**
list-grant = - { $who }：每人 { $amount }
list-grant-role-gone = - { $who }：每人 { $amount }；该身份组已被删除
list-grant-ends = - { $who }：每人 { $amount }，有效期至 { $when }
refusal-grant_whom = 请选择成员或身份组，二者选一。
refusal-grant_take_plain = 收回只能针对一位成员，且不能带天数或公告。

## /config pause, resume and block

pause-done = ### 已暂停
    在 { $when } 之前，这里不接受新视频。进行中和排队中的视频会完成。
pause-done-open = ### 已暂停
    在使用 /配置 恢复 之前，这里不接受新视频。进行中和排队中的视频会完成。
resume-done = ### 已恢复
    这里重新接受新视频。
block-done-until = ### 已禁用
    { $who } 在 { $when } 之前不能在这里生成视频。进行中的视频会完成；可以用 /配置 解除禁用 撤销。
rules-reason-shown = -# 成员会看到原因：{ $reason }
config-open = **新视频** · 接受
config-paused = **新视频** · ⏸️ 暂停至 { $when }
config-paused-open = **新视频** · ⏸️ 已暂停，直到使用 /配置 恢复
config-why = { $line }（{ $reason }）
config-blocked-until = { $who }（至 { $when }）
config-quotas = **限额** · { $value }
config-quota-default = { $limits }（运营方的默认限额）
config-quota-everyone = 所有人：{ $limits }
config-quota-server = 全服务器共享：{ $limits }
config-quota-none = 没有针对所有人的限额
limit-together = 同时生成与排队合计：{ $value }
audit-paused = 暂停（{ $until }）
audit-blocked = 禁用（{ $until }）
until-open = 直到管理员解除
until-time = 至 { $when }
did-paused = 暂停了新视频
did-resumed = 恢复了新视频
refusal-paused = 本服务器的管理员已暂停新视频（{ $until }）{ $why }。
refusal-blocked = 本服务器的管理员已禁止您在这里生成视频（{ $until }）{ $why }。
refused-why = ：“{ $reason }”
refusal-not_paused = 这里没有暂停新视频。
refusal-hours_out_of_range = 请选择 1 到 { $most } 小时。
refusal-minutes_out_of_range = 请选择 1 到 { $most } 分钟。
