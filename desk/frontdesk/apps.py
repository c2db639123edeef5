from django.apps import AppConfig


class FrontdeskConfig(AppConfig):
    name = "frontdesk"

    def ready(self) -> None:
        from frontdesk import checks  # noqa: F401
