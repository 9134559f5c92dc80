"""What the handlers of commands have in common: who asked, what may refuse them, and that no answer is kept."""

from typing import Any, Final

from litestar import Request

from authpulse_health_api.admission.guard import REFUSALS
from authpulse_health_api.problems import Slug

COMMON: Final = (*REFUSALS, Slug.VIEWER, Slug.UNKNOWN_CONNECTION, Slug.INTERNAL, Slug.NO_REFRESHER)
NO_STORE: Final = {"Cache-Control": "no-store"}

Asked = Request[Any, Any, Any]
