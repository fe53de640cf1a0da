# 状态卡片的更多文字，以及任务失败时发给发起人的消息。

card-author = 由 { $mention } 请求
card-waiting-somewhere = ⏳ **排队中**
card-starting = ⏳ **等待中** · 即将发送
card-expected-in = 通常约 { $length }后完成
card-expected-soon = 通常约需 { $length }，应该很快就好
card-overdue = 耗时比平时长（通常约 { $length }）。我会继续向 UniAll 查询，直到 { $until }。若届时仍未完成，您的配额会退回。
card-late = 耗时异常长。我会继续向 UniAll 查询，直到 { $until }。若届时仍未完成，您的配额会退回；在此之前，您的配额会一直被占用。
card-fetching-again = UniAll 给出的文件无法播放或无法下载。我会继续尝试，直到 { $until }。若届时仍没有视频，您的配额会退回。
card-held-until = 我会继续尝试，直到 { $until }；若对方一直没有回应，则会更久。若届时任务仍未发送，您的配额会退回。点 **取消** 可立即退回。
card-held-open = 一有空间就会发送您的任务。点 **取消** 可立即退回您的配额。
card-submitting-silent = UniAll 还没有回应。若几分钟内仍没有回应，我会在其任务列表中查找；若找不到，您的配额会退回。
card-unknown-until = 若半分钟内仍找不到，您的配额会退回，任务不会再次发送。

notice-failed = { $mention } 您的视频失败了：{ $why }您的配额已退回。
button-retry = 再来一次

## /配置 显示 中各个菜单设置的内容

label-log-channel = **日志频道** · 在此通报任务开始、失败、举报和设置更改；不选则关闭
label-channels = **频道** · 允许请求视频的频道；不选则为所有频道
label-models = **模型** · 成员可以使用的模型；不选则为全部
label-threads = **子区** · 是否为视频打开子区
label-results = **结果** · 视频是否需点击才显示
label-report = **举报** · 查看其中一条
channel-unseen = 一个我看不到的频道
