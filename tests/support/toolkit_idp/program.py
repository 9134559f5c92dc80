"""Django with django-oauth-toolkit in one file: `prepare`, `serve ADDRESS` or `change-secret`, all in a given folder.

python program.py FOLDER prepare        reads {"users": {name: password}, "clients": [...]} from standard input
python program.py FOLDER serve 127.0.0.1:9000
python program.py FOLDER change-secret CLIENT_ID NEW_SECRET
"""

import json
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

_LOGIN_PAGE = '<form method="post">{% csrf_token %}{{ form.as_p }}<input type="submit"></form>'


def configure(folder: Path) -> None:
    """Rotation and reuse protection on; short lives, so that a test sees many rotations."""
    settings.configure(
        SECRET_KEY="for tests on loopback only",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        LOGIN_URL="/login/",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "idp.sqlite3"),
                "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
            }
        },
        # Secrets are hashed at rest as by default, but with a hash that does not cost a second per request.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", {"registration/login.html": _LOGIN_PAGE}),
                        "django.template.loaders.app_directories.Loader",
                    ],
                    "context_processors": ["django.template.context_processors.request"],
                },
            }
        ],
        OAUTH2_PROVIDER={
            "ACCESS_TOKEN_EXPIRE_SECONDS": json.loads((folder / "life.json").read_text()),
            "ROTATE_REFRESH_TOKEN": True,
            "REFRESH_TOKEN_REUSE_PROTECTION": True,
        },
    )
    django.setup()


def prepare() -> None:
    """Make the database, the users and the clients."""
    from django.contrib.auth.models import User  # noqa: PLC0415 -- models exist once Django is set up
    from oauth2_provider.models import Application  # noqa: PLC0415 -- as above

    call_command("migrate", verbosity=0)
    wanted = json.load(sys.stdin)
    for name, password in wanted["users"].items():
        User.objects.create_user(name, password=password)
    for client in wanted["clients"]:
        Application.objects.create(
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            **client,
        )


def change_secret(client_id: str, secret: str) -> None:
    from oauth2_provider.models import Application  # noqa: PLC0415 -- as above

    application = Application.objects.get(client_id=client_id)
    application.client_secret = secret
    application.save()


def urlpatterns() -> list[object]:
    from django.contrib.auth.views import LoginView  # noqa: PLC0415 -- views need the settings

    return [path("login/", LoginView.as_view()), path("o/", include("oauth2_provider.urls"))]


if __name__ == "__main__":
    configure(Path(sys.argv[1]))
    match sys.argv[2:]:
        case ["prepare"]:
            prepare()
        case ["serve", address]:
            sys.modules["__main__"].urlpatterns = urlpatterns()  # type: ignore[attr-defined]  # Django's name for it
            call_command("runserver", address, use_reloader=False)
        case ["change-secret", client_id, secret]:
            change_secret(client_id, secret)
