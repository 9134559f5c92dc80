"""Settings come from the environment, and a wrong one is named."""

from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_contract.secret import Secret


class Sample(Struct, frozen=True, kw_only=True):
    token: Annotated[Secret, Meta(description="The token.")]
    poll: Annotated[float, Meta(gt=0, description="Seconds between looks.")] = 1.0
    migrate: bool = True
    spare: Secret | None = None


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        read_settings(Sample, environ)
    return str(refused.value)


def test_a_variable_is_read_as_what_its_member_is() -> None:
    environ = {"AUTHPULSE_TOKEN": "t", "AUTHPULSE_POLL": "0.5", "AUTHPULSE_MIGRATE": "false", "AUTHPULSE_SPARE": "s"}
    assert read_settings(Sample, environ) == Sample(token=Secret("t"), poll=0.5, migrate=False, spare=Secret("s"))


def test_what_is_not_set_has_its_default() -> None:
    assert read_settings(Sample, {"AUTHPULSE_TOKEN": "t", "OTHER": "x"}) == Sample(token=Secret("t"))


def test_a_file_stands_in_for_a_value_without_its_last_line_break(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n", encoding="utf-8")
    environ = {"AUTHPULSE_TOKEN_FILE": str(tmp_path / "token")}
    assert read_settings(Sample, environ) == Sample(token=Secret("from a file"))


def test_a_file_that_is_not_there_is_named_with_its_variable(tmp_path: Path) -> None:
    said = refusal({"AUTHPULSE_TOKEN_FILE": str(tmp_path / "gone")})
    assert said.startswith(f"AUTHPULSE_TOKEN_FILE names '{tmp_path / 'gone'}', which cannot be read: ")


def test_a_value_and_a_file_at_once_are_refused() -> None:
    said = refusal({"AUTHPULSE_TOKEN": "t", "AUTHPULSE_TOKEN_FILE": "f"})
    assert said == "AUTHPULSE_TOKEN and AUTHPULSE_TOKEN_FILE are both set. Set one of them."


def test_a_missing_variable_is_named_with_its_meaning() -> None:
    assert refusal({}) == "AUTHPULSE_TOKEN is not set. The token. Set it, or AUTHPULSE_TOKEN_FILE."


@pytest.mark.parametrize("text", ["soon", "0", "-1", ""])
def test_a_value_that_does_not_fit_is_named_with_its_meaning(text: str) -> None:
    said = refusal({"AUTHPULSE_TOKEN": "t", "AUTHPULSE_POLL": text})
    assert said.startswith("AUTHPULSE_POLL cannot be used: ")
    assert said.endswith("Seconds between looks.")


def test_a_member_without_a_meaning_points_to_the_page() -> None:
    assert refusal({"AUTHPULSE_TOKEN": "t", "AUTHPULSE_MIGRATE": "perhaps"}).endswith("See docs/settings.md.")
