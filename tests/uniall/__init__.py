"""Tests of the UniAll client, over real loopback sockets."""
