"""A release as docs/releasing.md says, from a clean clone; and an image that is built twice is the same."""

import hashlib
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.compose import ROOT, run
from support.images import COMPONENTS

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900), pytest.mark.xdist_group("containers")]

VERSION: Final = "0.1.0"


class Clone:
    """A checkout of HEAD whose changelog has the version."""

    def __init__(self, folder: Path) -> None:
        self.sources, self.out, self.key = folder / "sources", folder / "out", folder / "key"
        run("git", "clone", "-q", str(ROOT), str(self.sources))
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key))
        changelog = self.sources / "CHANGELOG.md"
        changelog.write_text(changelog.read_text().replace("## [Unreleased]", f"## [{VERSION}]"))
        self.git("commit", "-qam", "Release")

    def git(self, *words: str) -> None:
        run("git", "-c", "user.name=test", "-c", "user.email=test@example", *words, cwd=self.sources)

    def release(self, version: str = VERSION, **environ: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.sources / ".ci/release"), version, str(self.out)]
        environ = {**os.environ, "AUTHPULSE_RELEASE_KEY": str(self.key), **environ}
        environ.pop("UV_PROJECT_ENVIRONMENT", None)
        return subprocess.run(command, env=environ, check=False, capture_output=True, text=True)

    def checks(self, signer: Path) -> bool:
        """Whether whoever receives it, and trusts `signer`, finds it whole."""
        allowed = self.out.parent / "allowed_signers"
        allowed.write_text(f"release {signer.with_suffix('.pub').read_text()}")
        words = ("-Y", "verify", "-f", str(allowed), "-I", "release", "-n", "authpulse-release")
        with (self.out / "SHA256SUMS").open() as sums:
            signed = subprocess.run(
                ["ssh-keygen", *words, "-s", self.out / "SHA256SUMS.sig"], stdin=sums, check=False, capture_output=True
            )
        whole = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=self.out, check=False, capture_output=True)
        return signed.returncode == 0 and whole.returncode == 0


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, images: str) -> Clone:
    del images  # built before, so that most of what a release builds is there
    return Clone(tmp_path_factory.mktemp("release"))


def test_what_is_not_as_it_should_be_is_not_released(clone: Clone) -> None:
    assert "another version" in clone.release("9.9.9").stderr
    assert "no SSH key" in clone.release(AUTHPULSE_RELEASE_KEY="").stderr
    (clone.sources / "left-over").touch()
    assert "not clean" in clone.release().stderr
    (clone.sources / "left-over").unlink()
    assert not clone.out.exists()


def test_a_release_is_whole_and_signed(clone: Clone) -> None:
    ran = clone.release()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    files = {re.sub(r"-0\.1\.0.*whl$", ".whl", file.name) for file in clone.out.iterdir()}
    assert files == {
        *(f"{component}-{VERSION}.image.tar.gz" for component in COMPONENTS),
        *(f"{component}.cdx.json" for component in COMPONENTS),
        *(f"authpulse_{name}.whl" for name in ("contract", "refresher", "event_store", "health_api", "cli")),
        *("images.txt", "licences.md", "production.yaml", "SHA256SUMS", "SHA256SUMS.sig"),
    }
    assert clone.checks(clone.key)
    labels = run("docker", "image", "inspect", "--format", "{{json .Config.Labels}}", f"authpulse/cli:{VERSION}")
    head = run("git", "rev-parse", "HEAD", cwd=clone.sources).strip()
    assert f'"org.opencontainers.image.revision":"{head}"' in labels
    assert f'"org.opencontainers.image.version":"{VERSION}"' in labels


def test_another_signer_or_another_byte_is_noticed(clone: Clone, tmp_path: Path) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other"))
    assert not clone.checks(tmp_path / "other")
    with (clone.out / "images.txt").open("a") as file:
        file.write(" ")
    assert not clone.checks(clone.key)


def files_of(image: str, folder: Path) -> Iterator[tuple[str, int, int, int, str]]:
    """Path, mode, owner, group and content of all that is ours."""
    container = run("docker", "create", image).strip()
    try:
        run("docker", "export", "--output", str(folder / "image.tar"), container)
    finally:
        run("docker", "rm", container)
    with tarfile.open(folder / "image.tar") as archive:
        for member in archive:
            if member.name.startswith(("opt/", "var/lib/authpulse")):
                content = archive.extractfile(member) if member.isfile() else None
                told = hashlib.sha256(content.read()).hexdigest() if content else member.linkname
                yield member.name, member.mode, member.uid, member.gid, told


def layers(image: str) -> list[str]:
    found: list[str] = json.loads(run("docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", image))
    return found


def test_an_image_that_is_built_twice_is_the_same(images: str, tmp_path: Path) -> None:
    """Its code by the digest of its layer; the empty folder after it has a parent whose time the engine sets."""
    again = ("--no-cache", "-f", str(ROOT / "deploy/Dockerfile"), "--build-arg", "COMPONENT=event-store")
    run("docker", "build", "-q", *again, "-t", "authpulse/event-store:again", str(ROOT))
    *before, code, _ = layers("authpulse/event-store:again")
    assert layers(f"authpulse/event-store:{images}")[:-1] == [*before, code]
    first = sorted(files_of(f"authpulse/event-store:{images}", tmp_path))
    assert len(first) > 1000
    assert sorted(files_of("authpulse/event-store:again", tmp_path)) == first
