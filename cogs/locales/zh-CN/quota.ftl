# Texts of /quota, and what /usage says beside main.ftl, in Simplified Chinese.

## Rules in words; the audit log keeps them as they read here

quota-rule = 每{ $per } { $limit }
quota-rule-closed = 每{ $per } { $limit }（已关闭）
quota-rule-lifted = 每{ $per }不限{ $kind }
quota-for-everyone = 所有人：{ $rule }
quota-for-server = 全服务器共享：{ $rule }
kind-videos = 视频数
kind-seconds = 秒数
kind-usd = 金额
quota-everyone = 所有人
quota-server = 全服务器共享
quota-used = 每{ $per } { $used } / { $limit }
quota-nothing-used = 当前周期内没有用量

## Why a limit holds

why-member = 本人的规则
why-role = { $role } 的规则
why-everyone = 所有人的规则
why-default = 运营方的默认限额
why-server = 服务器的共享额度

## /quota set and server

set-title = ### 已设置限额
set-new = { $who }：**{ $after }**
set-changed = { $who }：{ $before } → **{ $after }**
set-same = { $who }：**{ $after }**，与之前相同
set-affected-member = 立即生效，本周期内已有的用量也计算在内。
set-affected-role = 立即对拥有此身份组且没有个人规则的成员生效；拥有多个身份组时，取其中最大的限额。
set-affected-everyone = 立即对所有没有个人规则或身份组规则（每{ $per }{ $kind }）的成员生效。
set-affected-server = 由全体成员共享，不论各自的规则如何。
set-binds-member = **{ $who } 目前受以下限额约束**
set-binds-role = **拥有 { $who } 且没有其他规则的成员，目前受以下限额约束**
set-binds-everyone = **没有其他规则的成员，目前受以下限额约束**
set-pools = **服务器的共享额度**
set-line = { $limit } · { $why }
set-stopped = ⚠️ 此限额不会用到：{ $limit }（{ $why }）会先拦下。
set-stronger = ℹ️ 对部分成员，以下每{ $per }{ $kind }的规则优先：{ $rules }
set-default-gone = ⚠️ 运营方的默认限额（{ $limits }）在本服务器不再生效，因为现在有了针对所有人的规则。
set-nothing-binds = 没有任何限额
quota-reason = -# 原因：{ $reason }
quota-more = -# …… 还有 { $count } 项
quota-rule-of = { $who }：{ $rule }

## /quota remove

remove-done = ### 已移除规则
    { $who }：{ $rule } 不再生效。
remove-default-back = ⚠️ 已没有针对所有人的规则，运营方的默认限额重新生效：{ $limits }。
remove-no-default = ⚠️ 已没有针对所有人的规则，运营方也没有设置默认限额：没有其他规则的成员不受限制。
remove-sure = ### 要移除针对所有人的规则吗？
    { $rule }。它对所有没有个人规则或身份组规则的成员生效。
remove-sure-default = -# 如果这是针对所有人的最后一条规则，运营方的默认限额将重新生效：{ $limits }。
remove-sure-no-default = -# 如果这是针对所有人的最后一条规则，没有其他规则的成员将不受限制。
button-quota-remove = 移除
button-quota-reset = 重置
button-quota-keep = 保留
kept = 没有做任何更改。

## /quota list

list-title = ### 本服务器的限额
list-order = -# 在每个单位和周期内，按优先顺序排列：成员的个人规则、其身份组中最大的、所有人的规则、运营方的默认限额。共享额度同时生效。
list-line = { $number } · { $who }：**{ $rule }**
list-default = { $number } · 运营方的默认限额：**{ $rule }**
list-empty = 没有规则，运营方也没有默认限额：这里不受限制。
page-number = -# 第 { $page } 页，共 { $pages } 页
button-earlier = 上一页
button-later = 下一页
button-newest = 最新
button-older = 更早

## /quota show, and what /usage adds

show-title = ### { $who } 的配额
show-why = -# 依据：{ $why }
show-beats = -# 依据：{ $why }；优先于{ $beaten }
show-beaten = { $why }（{ $rule }）
show-unlimited = 没有生效的限额。
usage-lifted = **每{ $per }{ $kind }不限**
usage-closed = **每{ $per } { $limit }** · 已关闭
usage-pools = **全服务器共享**
usage-grants = **额外配额** · { $grants }，以上配额用完后使用
usage-grants-held = -# 进行中的任务占用额外配额 { $held }

## /quota grant and reset

grant-title = ### 额外配额
grant-given = { $who } 增加了 { $amount }：额外配额 { $before } → **{ $after }**。
grant-taken = 从 { $who } 收回了 { $amount }：额外配额 { $before } → **{ $after }**。
grant-note = -# 成员的周期配额用完后才使用额外配额，同一单位的任何周期都适用。它不能打开已关闭的限额，也不能突破服务器的共享额度。
reset-sure = ### 要重置 { $who } 的用量吗？
    其本小时、今天、本周和本月的用量将归零。进行中的视频、额外配额和服务器的共享额度不变。
reset-sure-used = -# 目前用量：{ $used }
reset-done = ### 已重置用量
    { $who }：{ $before } → **{ $after }**

## /quota report and export

report-title = ### 最近 { $days } 天的使用情况
report-summary = 完成 { $videos }，花费 { $used }；{ $running } 个进行中，占用 { $held }；{ $lost } 个失败或取消，未产生费用。
report-none = 这段时间没有生成视频。
picture-title = { $server } · { $first } 至 { $last }
picture-title-day = { $server } · { $day }
picture-totals = { $videos } · { $used }
picture-days = 每天的视频数
picture-members = 按成员
picture-models = 按模型
picture-pools = 支出与共享额度
picture-no-pools = 本服务器没有共享额度。可以用 /配额 服务器 设置。
picture-nothing = 暂无
picture-done = 已完成
picture-running = 进行中
picture-lost = 失败或取消（免费）
picture-bar = { $cost } · { $count }
picture-pool = 每{ $per } { $used } / { $limit }
picture-more = 还有 { $count } 项
picture-member = 成员 …{ $digits }
picture-deleted = 已删除的数据
report-top = **用量最多的成员**
report-top-line = { $place }. { $who } · { $cost } · { $count }
picture-date = { $year }年{ $month }{ $day }日
picture-day = { $month }{ $day }日
picture-weekday = { $weekday } { $day }日
picture-month-year = { $year }年{ $month }
picture-month-1 = 1月
picture-month-2 = 2月
picture-month-3 = 3月
picture-month-4 = 4月
picture-month-5 = 5月
picture-month-6 = 6月
picture-month-7 = 7月
picture-month-8 = 8月
picture-month-9 = 9月
picture-month-10 = 10月
picture-month-11 = 11月
picture-month-12 = 12月
picture-weekday-0 = 周一
picture-weekday-1 = 周二
picture-weekday-2 = 周三
picture-weekday-3 = 周四
picture-weekday-4 = 周五
picture-weekday-5 = 周六
picture-weekday-6 = 周日
export-title = ### 最近 { $days } 天的 { $count } 个视频
    时间以 { $zone } 时区为准。

## /quota log

log-title = ### 更改记录
log-title-member = ### { $who } 所做和相关的更改
log-empty = 还没有任何更改。
log-end = 没有更早的记录了。
log-line = { $when } · { $actor } { $did }{ $subject }
log-subject = ：{ $who }
log-change = { $before } → { $after }
log-new = → { $after }
log-gone = { $before } →
did-rule_set = 设置了限额
did-rule_removed = 移除了限额
did-granted = 调整了额外配额
did-reset = 重置了用量
did-setting = 更改了设置
did-blocked = 禁用了成员
did-unblocked = 解除了禁用
did-result_removed = 移除了视频

## Refusals

refusal-not_a_moderator = 只有拥有“管理服务器”权限的成员才能这样做。
refusal-subject_both = 成员和身份组只能选一个；都不选则规则针对所有人。
refusal-word_unknown = “{ $word }”不在可选项中。
refusal-limit_negative = 限额不能为负数；0 表示关闭，-1 表示不限。
refusal-amount_not_whole = 视频数和秒数必须是整数，只有美元可以有小数。
refusal-amount_too_fine = 美元最多只能有六位小数。
refusal-amount_too_large = 数额太大，最多 { $most }。
refusal-grant_nothing = 数量为 0，没有可发放或收回的。
refusal-grant_none = 没有可收回的：该成员没有此单位的未用额外配额。
refusal-grant_bot = 机器人不会生成视频，无需向其发放或收回配额。
refusal-reason_too_long = 原因太长，最多 { $most } 个字符。
refusal-rule_gone = 本服务器没有这条规则，请从列表中选择。
refusal-draft_gone = 此操作已经处理过，或已过期。如果仍然需要，请重新使用命令。
refusal-days_out_of_range = 请选择 1 到 { $most } 天。
refusal-report_not_drawn = 目前无法绘制图片，请稍后再试。
refusal-export_too_large = 表格即使压缩后也超出了 Discord 在此允许的大小，请减少天数。
refusal-export_no_room = 目前没有空间写入表格，请稍后再试。
