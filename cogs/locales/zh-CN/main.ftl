# Every text a member reads, in Simplified Chinese. Commands are called what commands.ftl calls them.

## The status card

card-title = { $family } · { $orientation } · { $seconds } 秒 · { $price }{ $version }
landscape = 横屏
portrait = 竖屏
square = 方形
shape-from-image = 画面形状随图片
card-sound-on = 有声音
card-sound-off = 无声音
card-seed = 种子 { $seed }
card-end-image = 以图片结尾
card-avoid = 避免出现：{ $avoid }
card-waiting = ⏳ **排队中** · 第 { $place } 位
card-next = ⏳ **排队中** · 下一个就轮到
card-held = ⏳ **等待中** · { $why }
card-submitting = 📨 **正在发送到 UniAll**
card-unknown = 🔎 **正在核对** · UniAll 没有回应，正在其任务列表中查找
card-queued = 🎬 **UniAll 已接单**
card-rendering = 🎬 **生成中** { $bar } { $percent }%
card-fetching = 📥 **已生成** · 正在下载视频
card-posting = 📤 **已生成** · 正在发布视频
card-expected = 通常{ $when }完成（约需 { $length }）
card-done = ✅ **已完成** · 用时 { $took } · [观看视频]({ $link })
card-kept = ⚠️ **已完成**，但视频无法发布到这里，已为您保留。可用“/历史”发布；如需发布到此频道，请联系管理员，确认我可以查看此频道、发送消息、附加文件和阅读消息历史记录。
card-too-large = ⚠️ **已完成**，但视频对此服务器来说太大，也无法缩小。视频已保留，可用“/历史”发布到别处。
card-lost = ❌ **已完成**，但视频在发布前丢失：我的磁盘上已没有它，UniAll 也已将其删除。此次仍计入用量；管理员可用 /配额 发放 补偿。
card-removed = 🗑️ **已完成**，之后已从此频道移除
card-cancelled = 🚫 **已取消** · 没有产生费用，配额已退回
card-cut-off = 机器人在接受此请求之前重启了。没有扣除任何配额，请重新发送。
card-failed = ❌ **失败** · { $why }配额已退回。
button-cancel = 取消
alt-reference = 参考图
alt-first = 首帧
alt-end = 尾帧

hold-rate_limited = UniAll 暂时不接受更多任务
hold-insufficient_funds = 运营方的 UniAll 账户余额不足，已通知运营方
hold-auth = UniAll 不接受运营方的密钥，已通知运营方
hold-model_unavailable = UniAll 暂时没有可用于此模型的通道
hold-unreachable = 暂时无法连接 UniAll
hold-disk = 机器人的磁盘已满，已通知运营方
hold-image = 暂时无法从 Discord 取得您的图片

## Why a job failed; each is followed by "配额已退回。"

fault-auth = UniAll 不接受运营方的密钥。
fault-insufficient_funds = 运营方的 UniAll 账户余额不足。
fault-forbidden = 运营方的密钥无权使用此模型，请换一个模型。
fault-bad_request = UniAll 拒绝了此请求，请换一种描述、时长或图片。
fault-too_large = 图片超出了 UniAll 的大小限制，请换一张小一点的。
fault-wrong_format = UniAll 更改了此模型的调用方式，请换一个模型。
fault-not_found = UniAll 找不到此任务。
fault-rate_limited = UniAll 暂时不接受更多任务，请过几分钟再试。
fault-model_unavailable = UniAll 已不再提供此模型，请换一个模型。
fault-gateway_error = UniAll 自身出现故障，请过几分钟再试。
fault-transient = UniAll 自身出现故障，请过几分钟再试。
fault-content_blocked = 内容审核未通过此提示词或图片，请换一种描述。
fault-upstream_failed = 模型未能生成此视频，请重试或换一种描述。
fault-result_missing = UniAll 已生成视频，但无法下载。
fault-result_unusable = UniAll 已完成任务，但返回的不是视频。
fault-expired = 任务在完成之前已在 UniAll 过期。
fault-model_withdrawn = 还没轮到您的任务，此模型就已下架，请换一个模型。
fault-image_gone = 您的图片已不存在，任务无法发送，请重新添加图片。
fault-unclear = UniAll 没有给出明确的回应，在那里也找不到此任务，因此没有再次发送。
fault-lost = UniAll 上已查不到此任务。
fault-timed_out = UniAll 在一天之内没有完成任务。
fault-waited_too_long = UniAll 一整天都没有接受任务。
fault-server_left = 在您的任务发送之前，我已被移出本服务器，或此机器人的运营方不再为本服务器提供服务。

## The result

result-ready = { $mention } 您的视频好了
result-moved = -# 此视频是在 { $channel } 请求的，但无法发布到那里。
place-private = 一个私密子区
result-details = -# { $family } · { $orientation } · { $seconds } 秒 · { $price }{ $version }
result-shrunk = -# 已缩小到本服务器允许的大小。
result-shrunk-from = -# 已缩小到本服务器允许的大小 · [UniAll 上的原视频]({ $link })，限时有效
result-link = { $mention } 您的视频好了，但超出了本服务器的文件大小上限：[在 UniAll 观看]({ $link })。链接仅在一段时间内有效。

## Refusals: one clear sentence, only the member sees it, nothing was spent

refusal-prompt_empty = 提示词是空的。请写出视频要呈现的内容，例如：一只猫在草地上奔跑。
refusal-prompt_too_long = 提示词有 { $length } 个字符，最多只能有 { $most } 个。
refusal-prompt_link = Discord 的链接过滤器不允许显示此提示词中的链接。请去掉链接后再试。什么都没有发送，也没有扣除配额。
refusal-avoid_too_long = 要避免的内容太长，最多 { $most } 个字符。
mention-someone = 某人
mention-role = 身份组
mention-channel = 频道
refusal-orientation_unknown = 没有“{ $word }”这种方向，请选择横屏或竖屏。
refusal-shape_unknown = 没有“{ $word }”这种形状，请选择横屏、竖屏、方形、4:3 或 3:4。
refusal-seconds_unknown = “{ $word }”不是时长，请填整数秒，例如 8。
refusal-no_models = 目前没有可用的模型，已通知运营方。
refusal-model_unknown = 没有“{ $model }”这个模型。目前可用：{ $names }。
refusal-model_off = “{ $model }”目前不可用。可用的有：{ $names }。请指定其中一个作为模型。
refusal-dearer_only = “{ $model }”目前无法以平常的价格提供。愿意多付的话，请指定其中一个作为模型：{ $names }。
refusal-dearer_now = 现在的价格是 { $price }，卡片上写的是 { $before }。要按新价格生成，请指定模型：用 /sora，或在回复中加 --model。
refusal-offer_dearer = 现在的价格是 { $price }，按钮上写的是 { $before }。没有生成任何视频。
refusal-offer_made = 这个按钮已经生成过视频：[在这里]({ $link })。
refusal-offer_made_unseen = 这个按钮已经生成过视频，“/历史”中可以看到。
nearest-model = 改用 { $family } · { $price }
rate = 每秒 { $price }
rate-about = 每秒约 { $price }
name-price = { $name }（每秒 { $price }）
name-price-about = { $name }（每秒约 { $price }）
price-about = 约 { $price }
refusal-no_fit = “{ $model }”做不了这样的视频。不支持的是：{ $lacks }。它支持：{ $fits }。{ $others }
refusal-nothing_fits = { $count ->
    [1] 这里没有模型能做到。{ $able }。
   *[other] 没有模型能同时满足所有要求。分别来看：{ $able }。
}
refusal-end_image_alone = 结尾图片需要一张起始图片。请把它加在“图片”选项中。
asked-shape = 这个形状
asked-length = 这个时长
asked-image = 图片
asked-no_image = 不带图片（它需要一张，请加在“图片”选项中）
asked-end_image = 结尾图片
asked-sound_on = 声音
asked-sound_off = 关闭声音
asked-avoid = 要避免的内容
asked-seed = 种子
asked-prompt_length = 这么长的提示词
refusal-image_empty = 图片是空的（0 字节）。
refusal-image_too_large = 图片太大，最多 { $most } MB。
refusal-image_too_slow = 读取图片的时间超过 10 秒。请改用普通的 PNG 或 JPEG。
refusal-image_too_heavy = 读取图片占用的内存太多。请改用较小的图片。
refusal-images_busy = 正在读取的图片太多，请过一分钟再试。
refusal-image_too_many_pixels = 图片像素太多，最多 { $most } 百万像素。
refusal-image_too_wide = { $picture }的宽是高的 { $ratio } 倍，{ $model } 最多接受 { $most } 倍。{ $others }
refusal-image_too_high = { $picture }的高是宽的 { $ratio } 倍，{ $model } 最多接受 { $most } 倍。{ $others }
picture-first = 图片
picture-end = 结尾图片
refusal-image_not_an_image = 此文件不是 PNG、JPEG 或 WebP 图片，或者已损坏。请另存为其中一种格式后重新添加。
refusal-no_channel = Discord 没有告诉我这是哪个频道，请在该频道重试。
refusal-image_unreadable = 无法从 Discord 取得图片，请重新添加。
refusal-quota = 这会超出{ $scope }（每{ $per } { $limit }）：已用 { $used }，进行中的任务占用 { $held }，此视频需要 { $needs }。恢复时间：{ $opens }。
refusal-quota-never = 此视频需要 { $needs }，无论何时都超出{ $scope }（每{ $per } { $limit }）。请缩短时长或换一个模型。
refusal-quota-grants = 您的额外配额还剩 { $left }。
refusal-quota-closed = 目前不能生成视频：{ $scope }为每{ $per } { $limit }。
refusal-too_many_open = 您有 { $count } 个视频正在生成或排队，已达同时上限。请等其中一个完成。
refusal-too_many_running = 您有 { $running } 个视频正在生成，本服务器不允许排队。请等其中一个完成。
refusal-too_many_waiting = 您有 { $running } 个视频正在生成，{ $waiting } 个在排队，已达本服务器的排队上限。请等其中一个完成。
refusal-guild_only = 我只在服务器中工作，请到服务器的频道里使用 /sora、/视频。
refusal-not_in_server = 我不是本服务器的成员：这里虽有我的命令，但我无法发布视频。请让管理员重新邀请我。
refusal-guild_not_allowed = 本服务器不在此机器人运营方的服务名单上。
refusal-restarting = 机器人正在重启，请一分钟后再试。
refusal-database_full = 我暂时没有空间存放更多视频：数据库所在的磁盘已满。什么都没有更改，已通知运营方。请稍后再试。
refusal-database_unwritten = 数据库暂时无法写入，什么都没有更改。已通知运营方，请一分钟后再试。
refusal-database_unread = 数据库暂时无法读取。已通知运营方，请一分钟后再试。
refusal-card_refused = Discord 没有接受您这个视频的卡片。什么都没有发送，也没有扣除配额。
refusal-missing_permissions = 我在这里缺少所需的权限：{ $permissions }。请联系管理员开启。
refusal-gone = 此视频已不存在。
refusal-not_yours = 只有请求此视频的成员可以取消它。
refusal-too_late = 来不及取消了，任务已经发送。
refusal-already_cancelled = 已经取消过了。
refusal-disk_full = 我暂时没有空间存放更多视频，已通知运营方。请稍后再试。
refusal-media_unavailable = 我暂时无法访问已保存的文件，没有任何更改或消耗，已通知运营方。请稍后再试。
refusal-unexpected = 我这边出了点问题，已记入日志，编号 { $reference }。重试之前请先查看 /用量。

permission-view_channel = 查看频道
permission-send_messages = 发送消息
permission-send_messages_in_threads = 在子区内发送消息
permission-attach_files = 附加文件
permission-read_message_history = 阅读消息历史记录

scope-member = 您的限额
scope-guild = 本服务器的限额
scope-operator = 运营方的限额

unit-videos = { $amount } 个视频
unit-seconds = { $amount } 秒
fits-offer = { $shapes }，{ $seconds } 秒
fits-no-image = 不支持图片
fits-others = 可以做到的有：{ $names }。
fits-take = 可以接受它的有：{ $names }。
fits-nobody = 目前没有其他可用的模型能做到。
fits-able = { $asked }：{ $names }
fits-none = 没有
fits-nearest = 没有，最接近的是 { $lengths }
per-hour = 小时
per-day = 天
per-week = 周
per-month = 月
list-comma = 、
list-or = { $before }或{ $last }
list-semicolon = ；
length-hours = { $hours } 小时
length-hours-minutes = { $hours } 小时 { $minutes } 分钟
length-minutes = { $minutes } 分钟
length-minutes-seconds = { $minutes } 分 { $seconds } 秒
length-seconds = { $seconds } 秒

## /usage

usage-title = ### 您的配额
usage-line = **每{ $per } { $limit }** { $bar } { $left }
usage-left = 剩余 { $left }
usage-legend = ▰ 已用，▨ 占用
usage-over = 没有剩余，已超出 { $over }
usage-details = 已用 { $used } · 进行中的任务占用 { $held } · 重置时间：{ $resets }
usage-unlimited = ### 您的配额
    您在这里没有任何限额。

## /help

help-models = ### 模型与每秒价格
help-model = { $family } · { $price } · { $seconds } 秒 · { $shapes } · { $can }
help-image = 图片
help-image-needed = 需要图片
help-shape-of-image = 与图片形状相同
help-end-image = 结尾图片
help-sound = 声音可开关
help-seed = 种子
help-avoid = 避免
