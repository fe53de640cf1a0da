"""Tells the operator when the bucket of the kept files does not serve: once an hour, however often it fails."""

from bot.runtime.alerts import Alerts
from bot.system.log import log

_CAUSE = "bucket"


class BucketAlerts:
    """Receives the outcome of every call to the bucket."""

    def __init__(self, alerts: Alerts, name: str) -> None:
        self._alerts = alerts
        self._name = name
        self._away = False

    def observe(self, why: str | None) -> None:
        """Record a call: None where the bucket served, else why not."""
        if why is None:
            if self._away:
                self._away = False
                log.info("bucket_serves_again")
            return
        if not self._away:
            self._away = True
            log.error("bucket_away", bucket=self._name, why=why)
        self._alerts.tell(
            _CAUSE,
            f"The bucket {self._name} does not serve: {why}. Finished videos wait and are tried again; nothing is lost.",
        )
