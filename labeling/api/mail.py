"""One's own e-mail, and for leads which mails went out to the people of a project."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import read_form, shape_of
from labeling.api.paging import PageQuery, page_of, read_page
from labeling.api.shapes import Person, Shape
from labeling.api.views import ApiView, LeadView
from labeling.forms.mail import MailForm
from labeling.lead.notices import count_told, is_about, recent_notices
from labeling.mail.addresses import stop_mail
from labeling.mail.choose import choose_mail
from labeling.models import MailAddress, Notice, NoticeKind, Project, User

MailChoices = shape_of(MailForm, "MailChoices")


class Mail(Shape):
    """What I am told by mail, and where. `address` is the confirmed one, null while I get no mail; `is_on`: the site sends mail at all."""

    is_on = serializers.BooleanField()
    address = serializers.CharField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)
    work = serializers.BooleanField(help_text="When there is work again after I had none.")
    disputes = serializers.BooleanField(help_text="When disputes that I could settle wait for over a day.")


class NoticeShape(Shape):
    """One mail to a member; at most one of each kind a day."""

    person = Person()
    kind = serializers.ChoiceField(choices=NoticeKind.values)
    day = serializers.DateField()
    state = serializers.ChoiceField(choices=Notice.State.values)
    told = serializers.IntegerField(allow_null=True, help_text="How many of this project it said are waiting; null until it is sent.")
    attempt = serializers.IntegerField()
    due_at = serializers.DateTimeField(help_text="Not sent before.")
    sent_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_blank=True, help_text="What the mail server said at the last try, without the address.")


class MailView(ApiView):
    """My e-mail."""

    @extend_schema(responses=Mail)
    def get(self, _request: Request) -> Response:
        """What I am told by mail."""
        return Response(read_mail(self.person))

    @extend_schema(request=MailChoices, responses={200: Mail, 202: Mail})
    def put(self, request: Request) -> Response:
        """Choose what I am told and where; to another address a link is sent (202), and nothing changes until it is opened."""
        chosen = read_form(request, MailForm, MailChoices).cleaned_data
        is_stored = choose_mail(self.person, chosen["address"], work=chosen["work"], disputes=chosen["disputes"])
        return Response(read_mail(self.person), status=status.HTTP_200_OK if is_stored else status.HTTP_202_ACCEPTED)

    @extend_schema(responses={200: Mail})
    def delete(self, _request: Request) -> Response:
        """Stop all mail to me and forget my address, open links included."""
        stop_mail(self.person)
        return Response(read_mail(self.person))


class NoticesView(LeadView):
    """Mail to members."""

    @extend_schema(parameters=[PageQuery], responses=page_of(NoticeShape))
    def get(self, request: Request, slug: str) -> Response:
        """The mails of the last 30 days about this project, newest first. A page may be short where people also get mail about others."""
        page, link = read_page(request, recent_notices(self.project), newest_first=True)
        told = [describe_notice(notice, self.project) for notice in page if is_about(notice, self.project)]
        return Response({"results": NoticeShape.write_all(told), "next": link})


def read_mail(person: User) -> dict[str, Any]:
    """The choices of a person."""
    own = MailAddress.objects.filter(person=person).first()
    where = {"address": own and own.address, "confirmed_at": own and own.confirmed_at}
    wanted = {"work": bool(own and own.wants_work), "disputes": bool(own and own.wants_disputes)}
    return Mail.write({"is_on": settings.MAIL_ENABLED, **where, **wanted})


def describe_notice(notice: Notice, project: Project) -> dict[str, Any]:
    """A mail as a lead of `project` sees it."""
    plain = {name: getattr(notice, name) for name in ("person", "kind", "day", "state", "attempt", "due_at", "sent_at")}
    return {**plain, "told": count_told(notice, project), "error": _(notice.error) if notice.error else ""}
