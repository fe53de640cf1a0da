"""The media folder: finished videos and reference images, checked, resized and shrunk in processes of their own."""
