"""Finished videos and reference images as files: in a folder of this machine, or in a bucket."""
