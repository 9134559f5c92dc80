"""What is read out of a body before anybody judges it.

Longer than 200 lines because its tables of whole values are the specification, row by row.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.secret import Secret
from authpulse_refresher.model import Answer, Issued
from authpulse_refresher.verdict.issued import read_issued
from authpulse_refresher.verdict.read import folded, read_members
from authpulse_refresher.verdict.refusal import Refusal, read_refusal

OBJECT = b'{"error":"x"}'
MEMBERS = {"error": "x"}


def read(body: bytes, *, truncated: bool = False) -> dict[str, Any] | None:
    return read_members(Answer(status=200, headers={}, body=body, truncated=truncated))


@pytest.mark.parametrize(
    "body",
    [
        OBJECT,
        b"\r\n\t " + OBJECT + b"\n\n",
        b"\xef\xbb\xbf" + OBJECT,
        OBJECT.decode().encode("utf-16"),
        OBJECT.decode().encode("utf-16-le"),
        OBJECT.decode().encode("utf-16-be"),
        OBJECT.decode().encode("utf-32"),
        b")]}'\n" + OBJECT,
        b")]}',\n" + OBJECT,
        b"while(1);" + OBJECT,
        b"for (;;); " + OBJECT,
        b"[" + OBJECT + b"]",
        OBJECT + b"<!-- node 3 -->",
        OBJECT + b'{"access_token":"at"}',
        b'{"error":"x",}',
        b'{"error":"y","error":"x"}',
        b"error=x",
        b"&error=x&",
    ],
)
def test_the_first_object_is_found_whatever_stands_around_it(body: bytes) -> None:
    assert read(body) == MEMBERS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"1",
        b'"error=x"',
        b"[]",
        b"[[]]",
        b"[1]",
        b"{",
        b'{"error":',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"<html lang=en>",
        b"error code: 1020",
        b"a=b",
        b"error",
        b"error=x&" * 1001,
        b"\xff\xfe\xff",
        b"\x00",
    ],
)
def test_where_there_is_none_there_are_no_members(body: bytes) -> None:
    assert read(body) is None


def test_what_json_forbids_does_not_lose_the_rest() -> None:
    assert read(b'{"a":"line\nbreak","b":"\xff"}') == {"a": "line\nbreak", "b": "\ufffd"}
    assert read(b'{"a":999999999999999999,"b":' + b"9" * 5000 + b"}") == {"a": 10**18 - 1, "b": float("inf")}
    members = read(b'{"a":1000000000000000000,"b":-Infinity}')
    assert members == {"a": 1e18, "b": float("-inf")}
    assert type(members["a"]) is float


def test_a_form_is_decoded_but_not_if_it_was_cut_off() -> None:
    assert read(b"access_token=a%2Bb+c&x=1&x=2") == {"access_token": "a+b c", "x": "2"}
    assert read(b"errcode=1&" + b"a=b&" * 998 + b"c=d") == {"errcode": "1", "a": "b", "c": "d"}
    assert read(b"error_code=1") == {"error_code": "1"}
    assert read(b"error=x", truncated=True) is None
    assert read(OBJECT + b"garbage", truncated=True) == MEMBERS


def test_a_member_that_bears_the_very_name_wins_over_one_that_folds_to_it() -> None:
    assert folded({"ERROR": 1, "error": 2, "Code": 3, "CODE": 4}, str.lower) == {"error": 2, "code": 3}
    assert folded({"error": 2, "ERROR": 1}, str.lower) == {"error": 2}


AT = Issued(access_token=Secret("at"))


@pytest.mark.parametrize(
    ("members", "issued"),
    [
        ({"access_token": "at"}, AT),
        ({"accessToken": "at"}, AT),
        ({"ACCESS-TOKEN": "at"}, AT),
        ({"body": {"access_token": "at"}}, AT),
        ({"data": [{"access_token": "at"}]}, AT),
        ({"result": {"access_token": "at"}}, AT),
        ({"response": {"access_token": "at"}}, AT),
        ({"payload": {"access_token": "at"}}, AT),
        ({"token": {"access_token": "at"}}, AT),
        ({"access_token": None, "data": {"access_token": "at"}}, AT),
        ({"token": "at"}, None),
        ({"access_token": 7}, None),
        ({"access_token": ""}, None),
        ({"access_token": " \n"}, None),
        ({"access_token": {"token": "at"}}, None),
        ({"access_token": "a" + chr(0xD800)}, None),
        ({"access_token": "a" + chr(0xDFFF)}, None),
        ({"access_token": "a\ufffd"}, None),
        ({"access_token": chr(0xD7FF) + chr(0xE000)}, Issued(access_token=Secret(chr(0xD7FF) + chr(0xE000)))),
        ({"access_token": "at", "refresh_token": 7, "expires_in": {}, "scope": 7, "refresh_expires_in": "?"}, AT),
        ({"access_token": "at", "ext_expires_in": 9, "expires": 9}, AT),
        ({"access_token": "at", "scope": " "}, AT),
        ({"access_token": "at", "scope": []}, AT),
        ({"access_token": "at", "scope": ["a", 7, "b"]}, Issued(access_token=Secret("at"), scope="a b")),
        ({"access_token": "at", "scope": " a b "}, Issued(access_token=Secret("at"), scope="a b")),
        ({"access_token": "at", "scopes": "a"}, Issued(access_token=Secret("at"), scope="a")),
        ({"access_token": "at", "scope": "a", "scopes": "b"}, Issued(access_token=Secret("at"), scope="a")),
        (
            {"access_token": "at", "refresh_token": "rt", "expires_in": "60", "refresh_expires_in": 0},
            Issued(access_token=Secret("at"), refresh_token=Secret("rt"), expires_in=60),
        ),
        (
            {"access_token": "at", "refresh_expires_in": 0, "refresh_token_expires_in": "1800"},
            Issued(access_token=Secret("at"), refresh_expires_in=1800),
        ),
        (
            {"access_token": "at", "x_refresh_token_expires_in": 9, "x_refresh_token_hard_expires_in": 99},
            Issued(access_token=Secret("at"), refresh_expires_in=9),
        ),
        ({"access_token": "at", "refresh_expires_in": 5}, Issued(access_token=Secret("at"), refresh_expires_in=5)),
    ],
)
def test_tokens_are_found_and_a_wrong_optional_member_loses_none(
    members: dict[str, Any], issued: Issued | None
) -> None:
    assert read_issued(members, http_status=200) == issued


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ({}, Refusal()),
        ({"error": " invalid_grant "}, Refusal(code="invalid_grant", stated=True)),
        ({"error": "None", "errors": [], "errcode": 0, "fault": {}}, Refusal(numbers=(("errcode", 0),))),
        ({"error": "a", "errorCode": "b", "code": "c"}, Refusal(code="a", others=("b", "c"), stated=True)),
        (
            {"errcode": "f", "error_code": "e", "type": "d", "status": "c", "code": "b", "errorCode": "a"},
            Refusal(code="a", others=("b", "c", "d", "e", "f"), stated=True),
        ),
        (
            {"error": {"type": "b", "code": "a", "message": "CAPITAL_C"}, "code": "d"},
            Refusal(code="a", others=("b", "CAPITAL_C", "d"), stated=True),
        ),
        (
            {"error": {"code": 7, "message": "Prose"}},
            Refusal(sentences=("Prose",), numbers=(("error.code", 7),), stated=True),
        ),
        ({"error": {"message": "A_CODE : Prose"}}, Refusal(code="A_CODE", stated=True)),
        ({"error": {"message": "A"}}, Refusal(sentences=("A",), stated=True)),
        (
            {"error": {"code": 190, "is_transient": True}},
            Refusal(numbers=(("error.code", 190),), passing=True, stated=True),
        ),
        ({"error": {"is_transient": "yes"}}, Refusal(stated=True)),
        ({"error": 5}, Refusal(stated=True)),
        ({"error": 5000, "message": "m"}, Refusal(code="5000", sentences=("m",), stated=True)),
        ({"errcode": 7}, Refusal(code="7", numbers=(("errcode", 7),), stated=True)),
        ({"errcode": "7"}, Refusal(code="7", numbers=(("errcode", 7),), stated=True)),
        ({"errcode": -1}, Refusal(code="-1", stated=True)),
        ({"errcode": True}, Refusal(stated=True)),
        ({"code": 999}, Refusal(numbers=(("code", 999),))),
        ({"code": 1000}, Refusal(code="1000", numbers=(("code", 1000),))),
        ({"code": "999"}, Refusal(numbers=(("code", 999),))),
        ({"code": "1000"}, Refusal(code="1000", numbers=(("code", 1000),))),
        ({"code": "9" * 10}, Refusal(code="9" * 10)),
        ({"status": 1000, "type": 1000}, Refusal()),
        ({"status": "error", "type": "about:blank", "code": "FAIL"}, Refusal()),
        ({"code": "two words"}, Refusal()),
        ({"code": "x" * 100}, Refusal(code="x" * 100)),
        ({"code": "x" * 101}, Refusal()),
        ({"code": "https://idp.example"}, Refusal()),
        ({"errors": [{"errorType": "a"}, {"errorType": "b"}]}, Refusal(code="a", stated=True)),
        (
            {"errors": [{"code": "invalid", "field": "refresh_token"}]},
            Refusal(sentences=("invalid refresh_token",), stated=True),
        ),
        ({"errors": [{"meta": {"type": "a"}}]}, Refusal(code="a", stated=True)),
        ({"fault": {"detail": {"errorcode": "a"}}}, Refusal(code="a", stated=True)),
        ({"error": {"details": [{"error": "a"}]}}, Refusal(code="a", stated=True)),
        ({"data": {"extensions": {"error_type": "a"}}}, Refusal(code="a")),
        ({"body": {"errcode": 7}}, Refusal(code="7")),
        ({"error": "two words", "message": "m"}, Refusal(code="two words", sentences=("two words",), stated=True)),
        (
            {"error": "Bad Request", "message": "m", "msg": 7},
            Refusal(code="Bad Request", sentences=("Bad Request", "m"), stated=True),
        ),
        (
            {"msg": "a", "errmsg": "b", "title": "c", "error_message": "d", "errorSummary": "e", "error_msg": "f"},
            Refusal(sentences=("a", "b", "f", "d", "e", "c")),
        ),
        ({"errorMessage": "a", "error_description": "never", "hint": "never"}, Refusal(sentences=("a",))),
    ],
)
def test_a_refusal_is_read_by_the_rule_of_codes(members: dict[str, Any], refusal: Refusal) -> None:
    assert read_refusal(members) == refusal


@given(st.binary(max_size=200) | st.text().map(lambda text: json.dumps({"error": text}).encode("utf-16")))
def test_reading_never_raises(body: bytes) -> None:
    members = read(body)
    assert members is None or isinstance(read_refusal(members), Refusal)
