"""What follows a deleted "thinking…": SimCord refuses it, since it still takes it for the edit of the placeholder.

Discord posts it as a message of its own. So a placeholder that is deleted counts as completed here.
"""

from simcord.backend.state import Backend


def let_deleted_placeholders_go(backend: Backend) -> None:
    """Have every later deletion in this backend complete the placeholder that it deletes."""
    delete = backend.delete_message

    def delete_message(channel_id: int, message_id: int) -> None:
        delete(channel_id, message_id)
        for asked in backend.interactions.values():
            if asked.message_id == message_id and asked.loading:
                asked.complete_deferred()

    backend.delete_message = delete_message
