"""Every address of the site."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from annotation_site import accounts, health, tokens
from judging.api import urls as judging_api
from labeling.api import urls as labeling_api
from modeling.api import urls as modeling_api

API = [*labeling_api.urlpatterns, *judging_api.urlpatterns, *modeling_api.urlpatterns]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("labeling.urls")),
    path("", include("judging.urls")),
    path("", include("modeling.urls")),
    # One namespace: to a program it is one API.
    path("api/v1/", include((API, labeling_api.app_name))),
    path("account/sign-in/", accounts.sign_in, name="sign_in"),
    path("account/sign-out/", accounts.sign_out, name="sign_out"),
    path("account/password/", accounts.change_password, name="change_password"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<int:token_id>/revoke", tokens.revoke, name="revoke_token"),
    path("account/language/", accounts.set_language, name="set_language"),
    path("account/link/<str:token>/", accounts.use_link, name="use_link"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
handler404 = "annotation_site.error_pages.not_found"
handler500 = "annotation_site.error_pages.server_error"
