"""Words in a prompt that make the stand-in fail, so that every outcome of a job can be tried by hand."""

MARKERS: dict[str, str] = {
    "[fail]": "the job starts and then fails with an upstream error",
    "[blocked]": "moderation stops the job after it started",
    "[refused]": "the job is refused at once as a bad request",
    "[busy]": "the first try is turned away as too busy (429); the next one works",
    "[slow]": "rendering takes 30 seconds",
    "[stall]": "the job stays half done for ever",
    "[5xx]": "every second question about the job is answered by a broken proxy, three times, then it recovers",
    "[no link]": "the job finishes without a link; only /content has the video",
    "[cut]": "the job is accepted, but the connection breaks before the answer arrives",
    "[junk]": "the finished link leads to a web page instead of a video",
}


def markers_in(prompt: str) -> frozenset[str]:
    """Return the markers in a prompt, in any case."""
    lowered = prompt.lower()
    return frozenset(marker for marker in MARKERS if marker in lowered)
