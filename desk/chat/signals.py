"""What other apps may act on."""

from django.dispatch import Signal

messages_appended = Signal()
"""Messages were stored, within the transaction that stored them: `conversation` and `messages`."""
