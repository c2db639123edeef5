from django.urls import path

from sms import views

urlpatterns = [
    path("<slug:name>/inbound", views.inbound, name="sms-inbound"),
    path("<slug:name>/status", views.status, name="sms-status"),
]
