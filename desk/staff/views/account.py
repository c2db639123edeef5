"""Signing in and out, the password, and where a staff user starts."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from staff.attention import attention_for
from staff.audit import record
from staff.forms import SignInForm
from staff.gate import HtmxHttpRequest, console
from staff.models import Action

STARTS = (
    ("chat.view_conversation", "staff:conversations"),
    ("bookings.view_bookingrequest", "staff:bookings"),
    ("staff.view_auditentry", "staff:audit"),
)


class SignIn(auth.LoginView):
    form_class = SignInForm
    template_name = "staff/login.html"


@method_decorator(cache_control(no_store=True), name="dispatch")
class SignOut(auth.LogoutView):
    def get_default_redirect_url(self) -> str:
        return reverse("staff:login")


class PasswordChange(auth.PasswordChangeView):
    template_name = "staff/password.html"
    success_url = reverse_lazy("staff:password_done")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        with transaction.atomic():
            record(self.request, Action.PASSWORD_CHANGED, form.user)
            return super().form_valid(form)


password = console()(PasswordChange.as_view())


@require_GET
@console()
def password_done(request: HtmxHttpRequest) -> HttpResponse:
    return render(request, "staff/password_done.html")


@require_GET
@console()
def home(request: HtmxHttpRequest) -> HttpResponse:
    for permission, start in STARTS:
        if request.user.has_perm(permission):
            return redirect(start)
    return render(request, "staff/forbidden.html", status=403)


@require_GET
@console(background=True)
def attention(request: HtmxHttpRequest) -> HttpResponse:
    """The counts of the header; nothing when the page shows them already."""
    waiting = attention_for(request.user)
    if request.GET.get("shown") == waiting.version:
        return HttpResponse(status=204)
    return render(request, "staff/attention.html", {"attention": waiting})
