"""What OpenTelemetry's variables ask for is done, or refused with the variable's name."""

from pathlib import Path

import pytest
from opentelemetry.trace import SpanKind

from authpulse_chassis.collector import collecting
from authpulse_chassis.settings import SettingsError
from authpulse_chassis.tracing import begin, is_tracing
from support.collector import running_collector

NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": NOBODY + "/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, "OTEL_SDK_DISABLED": "TRUE"}, False),
    ],
)
def test_tracing_is_on_where_a_collector_is_named_and_it_is_not_switched_off(
    environ: dict[str, str], wanted: bool
) -> None:
    with collecting("test", environ):
        assert is_tracing() is wanted
    assert not is_tracing()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(variable: str, value: str) -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, variable: value}
    with pytest.raises(SettingsError, match=f"^{variable} cannot be used"), collecting("test", environ):
        pass


def test_spans_go_to_the_collector_with_the_service_and_the_headers_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "headers").write_text("x-api-key=s3cret, x-team=a%20b\n")
    with running_collector() as collector:
        # The SDK reads its own variables from the process's environment.
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS_FILE", str(tmp_path / "headers"))
        with collecting("refresher"):
            begin("work", SpanKind.INTERNAL).end()
        assert [(span.service, span.name) for span in collector.spans] == [("authpulse-refresher", "work")]
        assert {"x-api-key": "s3cret", "x-team": "a b"}.items() <= collector.headers[0].items()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("OTEL_SERVICE_NAME", "mine"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=mine,deployment.environment.name=test")],
)
def test_the_environment_may_name_the_service(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    with running_collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv(variable, value)
        with collecting("refresher"):
            begin("work", SpanKind.INTERNAL).end()
        assert [span.service for span in collector.spans] == ["mine"]
