"""What all commands share: permission checks, replies and refusals, buttons and their ids, text formatting,
translation.
"""
