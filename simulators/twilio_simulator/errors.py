"""Twilio's errors by their code: https://www.twilio.com/docs/api/errors"""

from __future__ import annotations

from typing import Any

# HTTP status and words of what the API answers; {} are filled in by whoever raises.
REFUSALS: dict[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20009: (409, "Cannot delete this resource before it is complete"),
    20404: (404, "The requested resource {path} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "The 'To' number {to} is not a valid phone number."),
    21212: (
        400,
        "The 'From' number {sender} is not a valid phone number, shortcode, or alphanumeric "
        "sender ID.",
    ),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' "
        "number: {to}.",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The 'From' phone number provided ({sender}) is not a valid, SMS-capable inbound phone "
        "number or short code for your account.",
    ),
    21609: (400, "The 'StatusCallback' URL {url} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number {sender} has exceeded the maximum number of queued messages"),
    21612: (
        400,
        "The 'To' phone number: {to}, is not currently reachable using the 'From' phone number: "
        "{sender} via SMS.",
    ),
    21614: (400, "'To' number: {to}, is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21701: (400, "The Messaging Service does not exist."),
    30400: (400, "Parameters are not valid"),
    30409: (409, "This message cannot be canceled"),
    35111: (400, "SendAt timestamp is missing"),
    35114: (
        400,
        "SendAt time must be between 300 seconds and 35 days (3024000 seconds) in the future, "
        "inclusive.",
    ),
    35118: (400, "MessagingServiceSid is required to schedule a message"),
    90007: (400, "Invalid validity period value"),
}

# What a message that was taken may end with.
DELIVERY: dict[int, str] = {
    21610: "Attempt to send to unsubscribed recipient",
    30001: "Queue overflow",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30036: "Validity Period Expired",
}

# What Twilio's debugger says about an application.
ALERTS: dict[int, str] = {
    11200: "HTTP retrieval failure",
    11205: "HTTP connection failure",
    11750: "TwiML response body too large",
    12100: "Document parse failure",
    12200: "Schema validation warning",
    12300: "Invalid Content-Type",
    21610: "Attempt to send to unsubscribed recipient",
}


class ApiError(Exception):
    """A request that the API refuses."""

    def __init__(self, code: int, **words: str) -> None:
        self.code = code
        self.status, text = REFUSALS[code]
        self.message = text.format(**words)
        super().__init__(f"{code}: {self.message}")

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
