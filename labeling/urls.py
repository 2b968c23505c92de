"""Every address of the labelling side, one list per group of pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from labeling import lead_urls
from labeling.views import adjudicate, guidelines, home, images, invitations, keys, label, mail, own_figures, progress

app_name = "labeling"

personal: list[URLPattern] = [
    path("", home.home, name="home"),
    path("keys/", keys.keys, name="keys"),
    path("session/", home.session, name="session"),
    path("signed-in/", home.signed_in, name="signed_in"),
    path("join/<str:token>/", invitations.join, name="join"),
    path("account/mail/", mail.mail, name="mail"),
    path("account/mail/confirm/<str:token>/", mail.confirm_mail, name="confirm_mail"),
    path("account/mail/stop/<str:token>/", mail.stop_mail_by_link, name="stop_mail"),
]

label_page: list[URLPattern] = [
    path("p/<slug:slug>/label/", label.label, name="label"),
    path("p/<slug:slug>/label/take", label.take, name="take"),
    path("p/<slug:slug>/label/answer", label.answer, name="answer"),
    path("p/<slug:slug>/label/undo", label.undo, name="undo"),
    path("p/<slug:slug>/label/skip", label.skip, name="skip"),
    path("p/<slug:slug>/label/flag", label.flag, name="flag"),
    path("p/<slug:slug>/label/keep", label.keep, name="keep"),
    path("p/<slug:slug>/label/leave", label.leave, name="leave"),
    path("p/<slug:slug>/label/recent", label.recent, name="recent"),
    path("p/<slug:slug>/label/card/<uuid:assignment>", label.card, name="card"),
]

adjudication_page: list[URLPattern] = [
    path("p/<slug:slug>/adjudicate/", adjudicate.adjudicate, name="adjudicate"),
    path("p/<slug:slug>/adjudicate/take", adjudicate.take, name="adjudicate_take"),
    path("p/<slug:slug>/adjudicate/answer", adjudicate.answer, name="adjudicate_answer"),
    path("p/<slug:slug>/adjudicate/reveal/<uuid:assignment>", adjudicate.reveal, name="reveal"),
    path("p/<slug:slug>/adjudicate/confirm", adjudicate.confirm, name="confirm"),
    path("p/<slug:slug>/adjudicate/skip", adjudicate.skip, name="adjudicate_skip"),
]

own_pages: list[URLPattern] = [
    path("p/<slug:slug>/progress/", progress.progress, name="progress"),
    path("p/<slug:slug>/progress/read", progress.read_replies, name="read_replies"),
    path("p/<slug:slug>/progress/figures/", own_figures.own_figures, name="own_figures"),
    path("p/<slug:slug>/progress/figures/<slug:part>.csv", own_figures.table, name="own_table"),
    path("p/<slug:slug>/progress/figures/<slug:chart>.svg", own_figures.draw, name="own_chart"),
    path("p/<slug:slug>/progress/concerns/<int:concern>/reply", own_figures.reply, name="reply_concern"),
    path("p/<slug:slug>/guidelines/", guidelines.guidelines, name="guidelines"),
    path("p/<slug:slug>/guidelines/read", guidelines.read, name="read_guideline"),
]

pictures: list[URLPattern] = [
    path("p/<slug:slug>/image/<uuid:assignment>/<str:role>/<int:number>/<str:size>", images.image, name="image"),
    path("p/<slug:slug>/example/<uuid:example>/<str:size>", guidelines.example_image, name="example_image"),
    path("p/<slug:slug>/lead/image/<str:sha256>/<str:size>", images.lead_image, name="lead_image"),
]

urlpatterns = [*personal, *label_page, *adjudication_page, *own_pages, *pictures, *lead_urls.urlpatterns]
