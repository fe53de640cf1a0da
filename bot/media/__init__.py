"""The media folder: finished videos and reference images, which worker processes check, resize and shrink."""
