from django.urls import path

from staff.views import account, audit, bookings, conversations, texts

app_name = "staff"
urlpatterns = [
    path("", account.home, name="home"),
    path("login/", account.SignIn.as_view(), name="login"),
    path("logout/", account.SignOut.as_view(), name="logout"),
    path("password/", account.password, name="password"),
    path("password/done/", account.password_done, name="password_done"),
    path("attention/", account.attention, name="attention"),
    path("conversations/", conversations.index, name="conversations"),
    path("conversations/search/", conversations.search, name="search"),
    path("conversations/<uuid:key>/", conversations.show, name="conversation"),
    path("conversations/<uuid:key>/newer/", conversations.newer, name="newer"),
    path("conversations/<uuid:key>/review/", conversations.mark, name="review"),
    path("conversations/<uuid:key>/text/", texts.send, name="text"),
    path("bookings/", bookings.index, name="bookings"),
    path("bookings/<slug:reference>/", bookings.show, name="booking"),
    path("bookings/<slug:reference>/change/", bookings.change, name="booking_change"),
    path("audit/", audit.index, name="audit"),
]
