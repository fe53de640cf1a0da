# 请求视频时的文字：风格、默认值、被拒绝命令的表单、/help。

## 命令的名称与说明

option-style-name = 风格
option-text-name = 文字
option-sora-style-description = 本服务器的风格，会加到您的提示词后面
option-video-style-description = { option-sora-style-description }
command-defaults-name = 默认
command-defaults-description = 您未指明时，生成命令在这里为您采用什么
option-defaults-model-description = 您在这里的视频用哪个模型
option-defaults-shape-description = 视频的形状；有图片时以图片为准
option-defaults-seconds-description = 视频有多长，附带价格
option-defaults-style-description = 本服务器的风格
command-style-name = 风格
command-style-description = 本服务器的风格：加到提示词后面的文字
command-style-add-name = 添加
command-style-add-description = 为这里的所有人添加一个风格（需要“管理服务器”权限）
option-style-add-name-description = 成员选择时看到的名称
option-style-add-text-description = 加到提示词后面的文字
command-style-remove-name = 移除
command-style-remove-description = 移除一个风格（需要“管理服务器”权限）；已生成的视频保留
option-style-remove-name-description = 哪一个
command-style-list-name = 列表
command-style-list-description = 本服务器的风格

## 卡片：未输入的部分

card-style = 风格：{ $style }
taken-thread = 沿用本子区的视频：{ $what }
taken-defaults = 来自您的默认值：{ $what }
taken-defaults-refused = 来自您的默认值：{ $what }。要修改请用 /默认；您输入的内容优先。
taken-left-out = 已略去，因为 { $family } 做不到：{ $what }
taken-no-style = 这里已经没有风格“{ $style }”，因此已略去。
taken-style-changed = 风格“{ $style }”在本服务器已有改动；这个视频用的是原来的文字。
taken-style-removed = 风格“{ $style }”在本服务器已被移除；这个视频用的是原来的文字。
taken-picture = 其图片
taken-end-picture = 其结尾图片
diff-style-none = 无风格
diff-style-before = { $style }（原来的）

## 风格

style-added = ### 已添加风格
style-removed = ### 已移除风格
    “{ $style }”已移除。用它生成的视频保持不变，其后续版本也会保留它。
style-title = ### 本服务器的风格 · { $count }
style-line = **{ $style }**：{ $text }
style-how = -# 用 `风格:` 选择（/sora、/视频），或在回复里写 `--style`。它的文字会加到发送的提示词后面。
styles-empty = 还没有。管理员可以用 /风格 添加。
styles-known = 本服务器有：{ $names }。
styles-none = 本服务器还没有风格。
style-fact = “{ $name }”：{ $text }
did-style_added = 添加了风格
did-style_removed = 移除了风格
refusal-style_unknown = 这里没有风格“{ $style }”。{ $known }
refusal-style_there = 已经有风格“{ $word }”了。请先移除它，或换一个名称。
refusal-style_name_empty = 风格的名称至少要有一个字母或数字。
refusal-style_name_reserved = “{ $word }”表示不用风格，因此不能作为风格的名称。
refusal-style_name_too_long = 名称太长，最多 { $most } 个字符。
refusal-style_text_empty = 这个风格没有文字。请写出它给提示词加上什么。
refusal-style_text_too_long = 文字太长，最多 { $most } 个字符。
refusal-too_many_styles = 本服务器已有 { $most } 个风格，已到上限。请先移除一个。
refusal-styled_too_long = 加上风格“{ $style }”后，提示词有 { $length } 个字符，最多 { $most } 个。

## 默认值

defaults-title = ### 您在本服务器的默认值
defaults-none = 没有。要设置模型、形状、时长和风格，请用 /默认；您未指明时，会采用它们（/sora、/视频）。
defaults-changed = 已更改。
defaults-model = **模型** · { $model }
defaults-shape = **形状** · { $shape }
defaults-seconds = **时长** · { $length }
defaults-style = **风格** · { $style }
defaults-style-gone = **风格** · { $style }（本服务器已经没有它）
defaults-price = 仅用这些默认值时：/视频，{ $model }，{ $length }，费用 { $price }。
defaults-refused = ⚠️ 目前这些默认值在这里会被拒绝：模型已下线或不被允许，或者做不到。请改选，或清除它们。
defaults-order = -# 您输入的内容优先，子区里的视频也优先。有图片时，形状以图片为准。
defaults-cleared = ### 已清除默认值
    重新采用机器人自己的设置。
button-defaults-clear = 清除
privacy-defaults = 您在 **{ $count }** 个服务器的默认值：模型、形状、时长和风格
privacy-goes-defaults = 您的默认值（用于 /sora、/视频）也会删除。

## 被拒绝命令的表单

form-command = 您的视频
form-orientation-follows = 若保持不变，添加图片后会以图片的形状为准。
form-image-refused = 您的图片未被接受。需要的话请换一张（PNG、JPEG 或 WebP）。

## /help

help-title = ### Sora Bot：用文字生成视频
help-start-button = 开始
help-make-button = 生成视频
help-models-button = 模型
help-models-how = { $video } 会按您的要求挑选模型，也可以用 `模型:` 指定。未指定时，Sora 2 用于 /sora。
help-prices = **每秒价格** · { $models }
help-price = { $family }：{ $price }
help-versions-button = 接着做
help-cost-button = 费用与配额
help-privacy-button = 您的数据
help-moderators-button = 管理员
help-start = { $sora } 用您的文字生成视频，{ $video } 可以用任意模型。{ $history } 有您的所有视频，{ $usage } 是您的配额，{ $defaults } 记住您喜欢的设置。下面的按钮有更多说明。
help-make-title = ### 生成视频
help-sora = { $sora } `提示词:` 写出视频要呈现的内容。还可以加上 `方向:`、`时长:`（4 到 20 秒）、要让它动起来的 `图片:`，或者 `模型:`。卡片会显示视频的进度；完成后视频会发布在这里并提及您。任务发送之前都可以点 **取消**。
help-video = { $video } 可以用任意模型，按您的要求挑选：`形状:`、`秒数:`（附带价格）、`图片:` 和 `结尾图片:`、`声音:`、要 `避免:` 的内容、`种子:`。也可以直接选 `模型:`。
help-pictures = 未指明形状时，视频的形状与图片相同。在任意消息上选 **应用 → 让图片动起来**，就能让其中的图片动起来。
help-styles = `风格:` 会加上本服务器的风格（{ $style_list }）。{ $defaults } 记住您在本服务器的模型、形状、时长和风格。
help-refused = 如果被拒绝，**重新打开表单** 会显示您输入的全部内容。
help-versions-title = ### 接着做
help-results = **视频下方** · **再来一次**：原样再生成一个；**改编**：修改提示词、模型、形状、时长或图片；**续拍**：从最后一帧接着拍；**合并**：把这样接起来的视频合成一个，不收费；**子区**：为视频打开子区。**删除**：您和管理员可以删除视频。**举报**：告诉管理员视频有问题。
help-replies = **也可以回复视频**（保持提及开启）：您写的就是新的提示词，`+ 在夜里` 会接在原提示词后面，附上的图片会替换原来的。末尾的 `--square`、`--ar 9:16`、`--duration 8`、`--seed 7`、`--no rain`、`--style noir`、`--model kling` 可修改设置。回复或 **再来一次** 超过 $2，或用掉限额的最后一个时，我会先询问。
help-threads = **在视频的子区里**，提及我，或使用 /sora、/视频：会接着最新的一版，未改动的都会保留。
help-history = { $history } 列出您在这里的所有视频，可以按提示词查找（`查找:`），没能发出的也可以在那里发布。
help-cost-title = ### 费用与配额
help-cost = **费用** · 视频完成时才计入您的配额。失败、被拒绝和取消的视频会全部退回。标有“约”的价格是估算。**模型** 列出每个模型的每秒价格，卡片上是该视频的价格。
help-usage = { $usage } 查看您的配额：已用、进行中的任务占用、剩余，以及何时重置。
help-time = **需要多久** · 通常几分钟；有了参考时间后，卡片会显示。
help-privacy-title = ### 您的数据
help-privacy = { $privacy_show } 查看我保存了您的哪些数据，{ $privacy_delete } 可以删除：提示词、图片副本、历史记录和默认值。
help-moderators-title = ### 管理员
help-quota = { $quota_set } 设置一项限额，{ $quota_plan } 一次替换全部限额，{ $quota_grant } 发放额外配额。{ $quota_list } 显示各限额的用量，并可用按钮移除；其他命令可以查看支出（{ $quota_report }）以及谁改了什么（{ $quota_log }）。
help-config = { $config_show } 有全部设置：频道、模型、屏蔽词、日志频道、时区，以及未处理的举报。
help-closing = { $config_pause } 暂停接受新视频，{ $config_block } 禁用某位成员。更改后十分钟内可用 **撤销** 还原。
help-style-add = { $style_add } 添加一个这里所有人都能用的风格。
