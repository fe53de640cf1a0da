"""What use cases and workers need from outside, as protocols: the database, the video API, Discord, the media folder,
time.
"""
