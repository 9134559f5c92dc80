import base64
import json
import os
from pathlib import Path

from authpulse_cli.reseal import Outcome, told
from support.operator import Up
from support.servers import until

FILE = """
[[connection]]
kind = "reseal"
name = "one"
grant = "client_credentials"
token_url = "http://127.0.0.1:9/token"
client_id = "a"
client_secret = { env = "ONE_SECRET" }
"""


def test_a_new_key_is_put_first_the_instance_restarted_and_everything_resealed(folder: Path) -> None:
    """Then the old key can go: the secrets still open without it."""
    file, up = folder / "reseal.toml", Up(folder / "resealed")
    file.write_text(FILE)
    keys = up.data / "secrets" / "sealing-keys"
    try:
        up.start("--no-demo")
        assert up.ask("apply", str(file), ONE_SECRET="s3cret").returncode == 0
        assert up.stop() == 0
        old = keys.read_text()
        new = f"k2:{base64.b64encode(os.urandom(32)).decode()}\n"
        keys.write_text(new + old)
        up.start()
        ran = up.ask("reseal", "--json")
        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout) == {"key": "k2", "resealed": 1, "left": {}, "unknown_keys": []}
        ran = up.ask("reseal")
        assert ran.stdout == "0 resealed under 'k2'\nnothing is left under another key\n"
        assert up.stop() == 0
        keys.write_text(new)
        up.start()
        until(lambda: "reseal/one" in up.health(), what="the connection")
        assert up.ask("apply", str(file), ONE_SECRET="s3cret").stdout.count("unchanged")
    finally:
        if up.running:
            up.stop()


def test_what_is_left_is_told_with_what_to_do() -> None:
    outcome = Outcome(key="k2", resealed=5, left={"": 1, "k0": 2, "k1": 3}, unknown_keys=("k0",))
    first, *left = told(outcome)
    assert first == "5 resealed under 'k2'"
    assert "no sealed values" in left[0]
    assert left[1].startswith("2 left under 'k0': the refresher does not have that key; put 'k0' back")
    assert left[2].startswith("3 left under 'k1': altered, or stored meanwhile")
