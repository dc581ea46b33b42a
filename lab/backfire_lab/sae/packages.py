"""Packages of Debian main, PyPI and npm: fetched by their own clients, and read without unpacking or running anything."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from backfire_lab.sae.places import share

HELD_OUT = 0.1  # share of packages
LARGEST_FILE = 200_000  # bytes
AT_ONCE = 15
APT_SOURCES = Path("/etc/apt/sources.list.d")


@dataclass(frozen=True)
class Package:
    group: str  # of the list: the language or kind of text it was chosen for
    channel: str  # deb | deb-src | pypi | npm
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.name}={self.version}"

    @property
    def held_out(self) -> bool:
        return share("held out", self.name) < HELD_OUT

    def main_file(self, folder: Path) -> Path | None:
        """The file that the channel's client downloads; of a source package, its description."""
        without_epoch, escaped = self.version.split(":")[-1], self.version.replace(":", "%3a")
        # A wheel's name is a package's with other marks and sometimes capitals.
        any_case = lambda name: "".join(f"[{c}{c.upper()}]" if c.isalpha() else "?" if c in "-_." else c for c in name)
        pattern = {
            "deb": f"{self.name}_{escaped}_*.deb",
            "deb-src": f"{self.name}_{without_epoch}.dsc",
            "pypi": f"{any_case(self.name.lower())}-{self.version}-*.whl",
            "npm": f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz",
        }[self.channel]
        return next(folder.glob(pattern), None)


def listed(path: Path) -> list[Package]:
    """The entries `channel:name=version` of a list, by group."""
    groups = json.loads(path.read_text())
    parts = re.compile(r"([^:]+):(.+)=([^=]+)")
    return [Package(group, *parts.fullmatch(entry).groups()) for group, entries in groups.items() for entry in entries]


def fetch(packages: list[Package], cache: Path) -> list[Package]:
    """Downloads what is not there yet; returns the packages that could be had."""
    folder = cache / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    for channel in ("deb", "deb-src", "pypi", "npm"):
        missing = [p for p in packages if p.channel == channel and not archives(p, folder)]
        command = client(channel, cache) if missing else []
        for i in range(0, len(missing), AT_ONCE):
            download(command, [requirement(p) for p in missing[i : i + AT_ONCE]], folder)
    return [package for package in packages if archives(package, folder)]


def download(command: list[str], names: list[str], folder: Path) -> None:
    """Where one of several is gone, some clients take none: then one by one. What could not be had is seen by its file."""
    if subprocess.run([*command, *names], cwd=folder).returncode and len(names) > 1:
        for name in names:
            subprocess.run([*command, name], cwd=folder)


def requirement(package: Package) -> str:
    return package.name + {"pypi": "==", "npm": "@"}.get(package.channel, "=") + package.version


def client(channel: str, cache: Path) -> list[str]:
    """The command that downloads, into the current folder, the packages that are named behind it."""
    if channel == "npm":
        return ["npm", "pack", "--silent", "--ignore-scripts"]
    if channel == "pypi":
        platforms = ["--platform", "any", "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64"]
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        return [*download, "--only-binary", ":all:", "--python-version", "3.11", *platforms]
    apt = ["apt-get", "--quiet", "-o", "APT::Sandbox::User=root"]
    if channel == "deb":
        return [*apt, "download"]
    apt += source_options(cache / "apt")
    subprocess.run([*apt, "update"], check=True)
    return [*apt, "source", "--download-only", "--only-source"]


def source_options(folder: Path) -> list[str]:
    """Options for an apt of our own, which knows the source packages of the archives that the system's apt knows."""
    sources, lists = folder / "sources", folder / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    sources.mkdir(exist_ok=True)
    for path in APT_SOURCES.glob("*.sources"):
        text = path.read_text()
        if "debian-archive-keyring" in text:
            (sources / path.name).write_text(re.sub(r"^Types:.*", "Types: deb-src", text, flags=re.M))
    if not any(sources.iterdir()):
        raise SystemExit(f"{APT_SOURCES} names no Debian archive: fetching source packages needs a Debian system.")
    settings = {"sourcelist": "/dev/null", "sourceparts": sources}
    options = [part for key, value in settings.items() for part in ("-o", f"Dir::Etc::{key}={value}")]
    return [*options, "-o", f"Dir::State::lists={lists}"]


def archives(package: Package, folder: Path) -> list[Path]:
    """The package's files that hold text; of a source package those that the archive still serves."""
    main = package.main_file(folder)
    if package.channel != "deb-src" or main is None:
        return [main] if main else []
    block = re.search(r"^Checksums-Sha256:\n((?: .*\n)+)", main.read_text(errors="replace"), re.M)
    rows = [line.split() for line in block[1].splitlines()] if block else []
    whole = lambda name, size: (folder / name).exists() and (folder / name).stat().st_size == int(size)
    return [folder / name for _, size, name in rows if not name.endswith(".asc") and whole(name, size)]


Files = Iterator[tuple[PurePosixPath, bytes]]


def members(package: Package, folder: Path) -> Files:
    """(path, content) of each regular file that is not too large. Manual pages come uncompressed."""
    for path in archives(package, folder):
        for name, content in content_of(path):
            if name.suffix == ".gz":
                name, content = name.with_suffix(""), decompressed(content)
            yield name, content


def decompressed(content: bytes) -> bytes:
    """Nothing where it is no gzip file after all: packages bring broken ones for their tests."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return b""


def content_of(path: Path) -> Files:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and entry.file_size <= LARGEST_FILE:
                    yield PurePosixPath(entry.filename), archive.read(entry)
    elif path.suffix == ".deb":
        tree = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], stdout=subprocess.PIPE, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
            yield from tar_members(archive)
    elif ".tar" in path.suffixes or path.suffix == ".tgz":
        with tarfile.open(path) as archive:
            yield from tar_members(archive)


def tar_members(archive: tarfile.TarFile) -> Files:
    for member in archive:
        file = archive.extractfile(member) if member.isfile() and member.size <= LARGEST_FILE else None
        if file:
            yield PurePosixPath(member.name), file.read()


LICENCE = {  # where a channel's packages name theirs
    "deb": (re.compile(r"usr/share/doc/[^/]+/copyright$"), re.compile(r"^License:[ \t]*(\S.*?)\s*$", re.M)),
    "deb-src": (re.compile(r"debian/copyright$"), re.compile(r"^License:[ \t]*(\S.*?)\s*$", re.M)),
    "pypi": (re.compile(r"\.dist-info/METADATA$"), re.compile(r"^(?:License(?:-Expression)?: |Classifier: License :: )(.{1,80})$", re.M)),
    "npm": (re.compile(r"^package/package\.json$"), re.compile(r'"license":\s*"([^"]+)"')),
}  # fmt: skip


def licences(package: Package, files: Iterable[tuple[PurePosixPath, bytes]]) -> list[str]:
    """As the package names them, in short; empty where it does so only in prose."""
    place, name = LICENCE[package.channel]
    texts = (content.decode(errors="replace") for path, content in files if place.search(str(path)))
    return sorted({found for text in texts for found in name.findall(text)})
