"""A Twilio that sends nothing: its Messages API, its signed webhooks, and phones to text with."""
