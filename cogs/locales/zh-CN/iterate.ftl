## 版本

version-name = v{ $version }
version-elsewhere = 另一处的一个版本
button-again = 再来一次
button-remix = 改编
button-thread = 子区
button-reopen = 重新打开表单
button-post-here = 发到这里
button-versions = 版本
diff-from = 由 { $origin } 而来
diff-same = 由 { $origin } 再次生成，没有改动
diff-changed = 由 { $origin } 改动：{ $changes }
diff-setting = { $before } → { $after }
diff-image-added = 加了图片
diff-image-other = 换了图片
diff-image-gone = 去掉了图片
diff-end-image-added = 加了结尾图片
diff-end-image-other = 换了结尾图片
diff-end-image-gone = 去掉了结尾图片
diff-sound-open = 由模型决定
diff-sound-open-now = 声音由模型决定
diff-seed-none = 无种子
diff-avoid-none = 没有要避免的内容
diff-none = 无
diff-prompt = 提示词
diff-rewritten = 提示词已重写。
diff-more = …… 另有 { $count } 处改动

## 表单

form-remix = 改编 v{ $version }
form-animate = 让图片动起来
form-prompt = 提示词
form-carried = 模型支持的话沿用：{ $carried }
form-orientation = 画面方向
form-orientation-changed = 原来是{ $shape }，此模型做不了。
form-shape-picture = 图片的形状
form-shape-keep = 保留图片 · { $shape }
form-shape-keep-own = 保留图片（用它的形状）
form-shape-added = 用下面新加的图片 · { $shape }
form-shape-added-own = 用下面新加的图片（用它的形状）
form-shape-none = 不用图片 · { $shape }
form-duration = 时长
form-duration-changed = 原来是 { $seconds } 秒，这里用此模型做不了。
form-length = { $seconds } 秒 · { $price }
form-image = 参考图片
form-image-keep = 留空则沿用原来的图片（PNG、JPEG 或 WebP）。
form-image-none = 可选：想让它动起来的图片（PNG、JPEG 或 WebP）。
form-image-follows = 可选：想让它动起来的图片，视频会采用它的形状（PNG、JPEG 或 WebP）。
form-image-needed = 此模型只能用图片生成视频（PNG、JPEG 或 WebP）。
form-image-never = 此模型不支持图片。
form-image-gone = 原来的图片已不在，请重新添加（PNG、JPEG 或 WebP）。
form-image-lost = Discord 不会保留您的文件，请重新添加（PNG、JPEG 或 WebP）。
form-picture = 用哪张图片
form-picture-hint = 这条消息里有多张图片。
form-model = 模型
form-model-gone = { $family } 已不再提供。
form-model-nearest = { $family } 已不再提供，已选最接近的模型。

## 子区

thread-opened = 您的子区：{ $thread }。在里面用 /sora、/视频，或者提及我，就会从这个视频继续。

## 回复与提及

hint-card = 请回复带视频的那条消息，而不是这张卡片：对卡片的回复，Discord 不会让我看到内容。
hint-card-waiting = 等视频发出后，请回复那个视频：对这张卡片的回复，Discord 不会让我看到内容。
hint-card-ended = 没有视频可以回复，而对这张卡片的回复，Discord 不会让我看到内容。请按卡片上的“再来一次”或“改编”。
hint-card-nothing = 没有带这个视频的消息可以回复。请在回复卡片时提及我，我就能看到您写的内容。
hint-mention = 请在有视频的子区里提及我，或回复一个视频，我会按您的话做下一版。要做新视频请用 /sora、/视频。
hint-empty = 请说明下一版要展示什么。以 + 开头会接在原提示词后面，也可以加 --portrait、--duration 8、--no rain 或 --model。

## /history

history-title = ### 您在本服务器的视频 · { $count } 个
history-none = ### 您在本服务器的视频
    还没有。要做一个，请用 /视频，或者 /sora。
history-page = 第 { $page } 页，共 { $pages } 页
history-entry = { $version }{ $family } · { $orientation } · { $seconds } 秒 · { $price } · { $state } · { $when }
history-link = [前往]({ $link })
history-expired = 您在 { $date } 之前的视频的提示词已不再保留，因此不再列出。
history-full = 较长的提示词完整地放在这个文件里：
history-newer = 较新
history-older = 较早
state-reserved = ⏳ 等待中
state-submitting = 📨 发送中
state-unknown = 🔎 核实中
state-submitted = 🎬 生成中
state-succeeded = ✅ 已完成
state-kept = ⚠️ 已完成，未发出
state-lost = ❌ 已丢失
state-removed = 🗑️ 已移除
state-failed = ❌ 失败
state-cancelled = 🚫 已取消
posting-here = 视频马上会发到这里。

## 版本树

tree-title = ### 版本 · { $count } 个
tree-forgotten = （作者已删除）
tree-expired = （提示词已不再保留）
tree-earlier = 更早
tree-later = 更新
tree-choose = 改编其中一个版本

## 拒绝

refusal-forgotten = 作者已删除这个视频的提示词，无法再次生成。
refusal-prompt_expired = 这个视频时间太久，提示词已不再保留，无法再次生成。
refusal-elsewhere = 该版本是在您目前看不到的另一处生成的。
refusal-image_elsewhere = 此视频的参考图片在您目前看不到的另一处。请按“改编”并添加自己的图片，或不用图片继续。
refusal-image_elsewhere_form = 此视频的参考图片在您目前看不到的另一处。请打开表单并添加自己的图片，或不用图片继续。
refusal-image_gone = 参考图片已不在。请按“改编”重新添加。
refusal-image_gone_form = 参考图片已不在。请打开表单重新添加。
refusal-picture_gone = 那张图片已不在了。
refusal-no_image = 这条消息里没有我能用的图片。我支持 PNG、JPEG 和 WebP。
refusal-form_gone = 这份表单太旧了，请重新打开。
refusal-not_your_form = 这份表单属于别的成员，请打开您自己的。
refusal-form_sent = 这份表单您已经提交过了：[前往查看]({ $link })。
refusal-form_sent_unseen = 这份表单您已经提交过了，用“/历史”可以看到它的视频。
refusal-form_broken = 表单里有一项不是可选的值，请重新打开。
refusal-form_dearer = 用 { $model } 做 { $seconds } 秒的视频，价格是 { $price }，高于表单里该时长旁的价格。没有生成任何视频。请重新打开表单，里面会列出 { $model } 的时长和价格。
refusal-threads_off = 本服务器已关闭子区。
refusal-in_a_thread = 这个视频已经在子区里了：在这里提及我，或用 /sora、/视频，就会从最新一版继续。
refusal-thread_impossible = 我无法在这里打开子区。请管理员确认我在这个频道可以创建公开子区。
refusal-discord_busy = Discord 暂时不接受这个操作，请稍后再试。
refusal-not_yours_to_post = 只有请求这个视频的成员才能把它发到这里。
refusal-no_video_yet = 这个视频还没完成，完成后会自动发出。
refusal-no_video = 这一个没有生成视频。
refusal-posted_already = 这个视频已经发出：[前往观看]({ $link })。
refusal-maybe_posted = 这个视频可能已经发到 { $channels }，但我现在无法查看那里。如果再发到这里，可能会有两个。确定要发，请按下面的“发到这里”；也可以请管理员允许我阅读那里的消息历史记录，再到“/历史”里按一次。
refusal-post_under_way = 这个视频正在发送，马上就到。
refusal-parameter_unknown = 我不认识“{ $name }”。{ $meant }我认识 { $known }。什么都没有生成，也没有扣除配额。
did-you-mean = 您是指 { $names } 吗？
refusal-parameters_contradict = “{ $name }”与“{ $other }”互相矛盾，请去掉其中一个。
refusal-parameter_missing = “{ $name }”需要一个值。例如：{ $example }。
refusal-parameter_value = “{ $name }”不能是“{ $value }”。例如：{ $example }。
permission-create_public_threads = 创建公开子区
