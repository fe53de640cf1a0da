## 续拍：视频的最后一帧成为下一个视频的图片

button-continue = 续拍
form-continue = 续拍 v{ $version }
form-continue-prompt = 新视频从最后一帧开始，形状与它相同。
form-continue-carried = 从最后一帧开始，形状与它相同；在模型支持的范围内还保留：{ $carried }
form-continue-model = { $family } 不能从图片开始，已选最接近且可以的模型。
diff-image-continues = 从它的最后一帧继续
refusal-frame_gone = 这一版的视频已无法读取，取不到最后一帧。请按“改编”并添加自己的图片。
refusal-frame_no_models = 这里目前没有能从图片开始的模型。

## 合并：把一连串视频合成一个

button-join = 合并
join-asked = 正在把 { $versions } 合并成一个 { $seconds } 秒的视频，不收费，马上会发到这里。
joined-ready = { $mention } 您合并的视频好了：{ $versions }
joined-details = -# { $seconds } 秒 · v{ $version }
history-joined = **v{ $version }** · 由 { $versions } 合并 · { $seconds } 秒 · { $state } · { $when }
tree-joined = 由 { $versions } 合并
join-failed-part_gone = { $mention } v{ $version } 已被删除，因此没有包含它的合并视频。
join-failed-part_unreadable = { $mention } v{ $version } 的视频在我的磁盘上和它的消息里都已无法读取，没有合并。
join-failed-unusable = { $mention } 这些视频没能合并。请再按一次“合并”。
join-failed-no_room = { $mention } 没有空间合并这些视频，请稍后再按“合并”。
refusal-join_alone = 这一版不是从别的版本续拍的，没有可合并的内容。请先按“续拍”。
refusal-join_too_long = 最多可以合并 { $most } 个视频，这一串超过了。请在较早的一版上按“合并”。
refusal-join_busy = 本服务器正在合并另一个视频，请一分钟后再试。
refusal-join_under_way = 这一串正在合并，视频马上会发出。
refusal-join_made = 这一串已经合并过了：[前往观看]({ $link })。
refusal-join_elsewhere = 这一串已经合并过了，但在您目前看不到的另一处。
refusal-join_kept = 这一串已经合并过了，但视频没能发出。请求合并的成员可以用“/历史”发出。
refusal-join_part_gone = v{ $version } 已被删除，这一串无法再合并。
refusal-join_part_elsewhere = v{ $version } 在您目前看不到的另一处，因此我不能为您合并这一串。
refusal-join_part_waiting = v{ $version } 还没有发出，请等它发出后再按“合并”。
