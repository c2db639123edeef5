from django.urls import include, path

from bookings.api import api as bookings_api
from chat.api import api as chat_api
from frontdesk.health import healthz, readyz
from pages.views import clinic
from sms.continuing import continue_on_the_web

urlpatterns = [
    path("", clinic, name="clinic"),
    path("api/", chat_api.urls),
    path("staff/", include("staff.urls")),
    path("internal/", bookings_api.urls),
    path("sms/", include("sms.urls")),
    path("continue/<str:secret>", continue_on_the_web, name="continue"),
    path("healthz", healthz),
    path("readyz", readyz),
]
