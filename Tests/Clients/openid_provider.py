"""A provider of identities to test against: django-oauth-toolkit, as a site in one file.

    python openid_provider.py PORT FOLDER CALLBACK

FOLDER keeps its database and its signing key (`key.pem`, read at the start, so that a restart with another file is a
change of keys). It has the users of `USERS`, and one client, whose answers go to CALLBACK.
"""

import os
import sys

PORT, FOLDER, CALLBACK = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ISSUER = f"http://127.0.0.1:{PORT}"
USERS = {"doctor.li": "provider-pass-1", "stranger": "provider-pass-2"}
CLIENT_ID, CLIENT_SECRET = "healthbrain", "s3cret/with:odd+characters"

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.configure(
    SECRET_KEY="only for tests", DEBUG=False, ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, LOGIN_URL="/login",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(FOLDER, "provider.db")}},
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware"],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True, "OIDC_ISS_ENDPOINT": ISSUER,
        "OIDC_RSA_PRIVATE_KEY": open(os.path.join(FOLDER, "key.pem"), encoding="ascii").read(),
        "SCOPES": {"openid": "openid"}, "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator"})
django.setup()

from django.contrib.auth import authenticate, get_user_model, login as sign_in  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import HttpResponse, HttpResponseRedirect  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402


class Validator(OAuth2Validator):
    oidc_claim_scope = None

    def get_additional_claims(self, request):
        return {"preferred_username": request.user.get_username()}


def login(request):
    if request.method != "POST":
        return HttpResponse("sign in")
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    if user is None:
        return HttpResponse("wrong", status=403)
    sign_in(request, user)
    return HttpResponseRedirect(request.GET.get("next", "/"))


urlpatterns = [path("login", login), path("", include("oauth2_provider.urls", namespace="oauth2_provider"))]


def prepare():
    call_command("migrate", verbosity=0)
    users, applications = get_user_model(), get_application_model()
    if users.objects.exists():
        return
    for name, password in USERS.items():
        users.objects.create_user(name, password=password)
    applications.objects.create(
        name="Health Brain", client_id=CLIENT_ID, client_secret=CLIENT_SECRET, redirect_uris=CALLBACK,
        client_type="confidential", authorization_grant_type="authorization-code", algorithm="RS256",
        skip_authorization=True)


if __name__ == "__main__":
    sys.modules["openid_provider"] = sys.modules[__name__]
    prepare()
    from django.core.wsgi import get_wsgi_application
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    WSGIRequestHandler.log_message = lambda *_: None
    print("ready", flush=True)
    make_server("127.0.0.1", PORT, get_wsgi_application()).serve_forever()
