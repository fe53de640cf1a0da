"""The sandbox as several processes: gateways and workers on PostgreSQL and a bucket, with the same Discord page."""
