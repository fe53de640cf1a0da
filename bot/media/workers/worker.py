"""A worker process (`python -m bot.media.workers.worker`): checks and decodes one file after another, within its limits.

`bot.media.workers.worker_pool` starts it. Messages in both directions: a line of JSON, whose `bytes` states how many bytes
of data follow it. The end of its stdin ends it.
"""

import json
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from bot.domain.errors import ProviderError
from bot.domain.refusals.refusal import AtMost, Refusal
from bot.domain.requests.pictures import PictureLimits
from bot.media.workers.worker_limits import IMAGES, be_modest, leave_signals_to_the_bot

try:
    import resource
except ImportError:  # Windows
    resource = None


def _images(what: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    from bot.media.pictures import images, stills

    if what["do"] == "still":
        return {}, stills.of_image(Path(what["path"]))
    if what["do"] == "fit":
        images.fit(Path(what["source"]), Path(what["target"]), what["size"])
        return {}, b""
    limits = PictureLimits(**given) if (given := what.get("limits")) else None
    checked = images.limit(data, limits) if what["do"] == "limit" and limits else images.check(data, limits)
    return {"media_type": checked.media_type, "suffix": checked.suffix, "size": checked.size}, checked.data


def _videos(what: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    path = Path(what["path"])
    match what.get("do"):
        case "last frame":
            from bot.media.videos import frames

            picture, size = frames.last_frame(path)
            return {"size": size}, picture
        case "still":
            from bot.media.pictures import stills

            return {}, stills.of_video(path)
        case _:
            from bot.media.videos import playable

            return {"seconds": playable.check(path)}, data


def _answer(kind: str, what: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        reply, given = (_images if kind == IMAGES.name else _videos)(what, data)
    except Refusal as refusal:
        most = refusal.payload.most if isinstance(refusal.payload, AtMost) else None
        return {"ok": False, "error": "refusal", "code": refusal.code, "most": most}, b""
    except ProviderError as error:
        return {"ok": False, "error": "provider", "code": error.fault, "why": error.detail}, b""
    except MemoryError:
        return {"ok": False, "error": "memory"}, b""
    except OSError as error:
        return {"ok": False, "error": "os", "errno": error.errno, "why": error.strerror or str(error)}, b""
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises, the bot reads it as one line
        return {"ok": False, "error": "other", "why": f"{type(error).__name__}: {error}"[:300]}, b""
    return {"ok": True, **reply}, given


def _listen(requests: BinaryIO, waiting: "queue.Queue[tuple[dict[str, Any], bytes]]") -> None:
    """Read requests as they come. The end of input, even during work, ends this process."""
    while line := requests.readline():
        what = json.loads(line)
        waiting.put((what, requests.read(what["bytes"])))
    os._exit(0)


def _begin(seconds: float) -> None:
    """Allow this process so many more seconds of processor time; then the system ends it."""
    if resource:
        used = time.process_time()
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + 1, most))


def main() -> None:
    """Run the worker of the kind that the command line names, within its limits.

    It never returns; `_listen` ends it.
    """
    leave_signals_to_the_bot()
    kind, (memory, nice, seconds) = sys.argv[1], map(float, sys.argv[2:])
    # Output that a library may print must not get between the results.
    answers, nowhere = os.fdopen(os.dup(1), "wb"), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    if kind == IMAGES.name:
        from bot.media.pictures import images as _
    else:
        from bot.media.videos import playable as _  # noqa: F401
    be_modest(int(nice), int(memory))
    waiting: queue.Queue[tuple[dict[str, Any], bytes]] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, waiting), daemon=True).start()
    answers.write(b"ready\n")
    answers.flush()
    while True:
        what, data = waiting.get()
        _begin(seconds)
        reply, given = _answer(kind, what, data)
        answers.write(json.dumps(reply | {"bytes": len(given)}).encode() + b"\n" + given)
        answers.flush()


if __name__ == "__main__":
    main()
