# 在制作昂贵的视频，或限额允许的最后一个视频之前的提问；以及在 /history 中查找视频。

question-title = **{ $family } · { $seconds } 秒 · { $price }**
question-price = 这个视频的价格：{ $price }。
question-price-last = 这个视频的价格：{ $price }。它是限额（{ $limit }）允许的最后一个。
question-until = -# 此提问的截止时间：{ $when }。
question-made = 此提问已经回答，用“/历史”可以看到它的视频。
question-cancelled = 🚫 已取消。没有制作任何视频，也没有占用任何额度。
question-over = ⌛ 此提问开放了五分钟，现已结束。没有制作任何视频，也没有占用任何额度。如果仍然需要这个视频，请再提一次。
button-question-make = 制作
button-question-cancel = 取消
refusal-price_question = { $why }现在还没有占用任何额度。
refusal-question_over = 此提问已经结束。没有制作任何视频，也没有占用任何额度。如果仍然需要这个视频，请再提一次。

## 搜索 /history

history-words = 词语：{ $find }
history-failed = 失败的
history-pictured = 带图片的
history-filter = 只显示：模型、失败的、带图片的
history-all = 我的全部视频
history-not-found = ### 您在本服务器的视频
    没有符合条件的视频：{ $what }
refusal-list_gone = 该列表已经过期。请重新使用 /历史。

## 由谁的版本而来

version-of = { $author } 的 { $version }
diff-replaced = 提示词已被替换。按“改编”可以编辑它，以 + 开头的回复会补充它。
