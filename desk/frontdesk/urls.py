from django.urls import include, path

from bookings.api import api as bookings_api
from chat.api import api as chat_api
from frontdesk.health import healthz, readyz
from pages.views import clinic

urlpatterns = [
    path("", clinic, name="clinic"),
    path("api/", chat_api.urls),
    path("staff/", include("staff.urls")),
    path("internal/", bookings_api.urls),
    path("sms/", include("sms.urls")),
    path("healthz", healthz),
    path("readyz", readyz),
]
