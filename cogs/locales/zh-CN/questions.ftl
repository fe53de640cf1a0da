# 在制作昂贵的视频，或限额允许的最后一个视频之前的提问。

question-title = **{ $family } · { $seconds } 秒 · { $price }**
question-price = 这个视频需要 { $price }。
question-last = 它是限额（{ $limit }）允许的最后一个。
question-until = -# 现在还没有占用任何额度。此提问开放到 { $when }。
question-made = 此提问已经回答。/history 显示它制作了什么。
question-cancelled = 🚫 已取消。没有制作任何视频，也没有占用任何额度。
question-over = ⌛ 此提问开放了五分钟，现已结束。没有制作任何视频，也没有占用任何额度。如果仍然需要这个视频，请再提一次。
button-question-make = 制作
button-question-cancel = 取消
refusal-price_question = { $why }要制作吗？
refusal-question_over = 此提问已经结束。没有制作任何视频，也没有占用任何额度。如果仍然需要这个视频，请再提一次。
