"""`gex report --html`: one file that shows a snapshot anywhere, and a refusal that says what to do."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from base64 import b64encode
from html.parser import HTMLParser
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from gex.cli.page import assets
from gex.ingest.sample import generate_days, write_cboe_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Ran


class Inline(HTMLParser):
    """What a page runs and loads."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.loads: list[str] = []
        self.attributes: set[str] = set()
        self._in: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.attributes |= set(names)
        self.loads += [str(names[name]) for name in ("src", "href") if name in names]
        self._in = tag if tag in self.texts and names.get("type") != "application/json" else None

    def handle_data(self, data: str) -> None:
        if self._in:
            self.texts[self._in].append(data)
            self._in = None


@pytest.fixture(name="page")
def _page(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> str:
    ran = gex("report", spx_csv, "--html", tmp_path / "page.html")
    assert (ran.code, ran.out) == (0, "")
    return (tmp_path / "page.html").read_text("utf-8")


def test_the_policy_names_every_script_and_style_and_nothing_is_loaded(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    rules = policy[1].replace("&#39;", "'")
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    parsed = Inline()
    parsed.feed(page)
    for kind, texts in parsed.texts.items():
        named = [b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        assert re.findall(r"'sha256-([^']+)'", rules.partition(f"{kind}-src")[2].partition(";")[0]) == named
    assert all(target.startswith("#") for target in parsed.loads)
    assert not {name for name in parsed.attributes if name == "style" or name.startswith("on")}


def test_a_hostile_symbol_and_file_name_stay_text(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    bad = tmp_path / "<img src=x onerror=alert(1)>.csv"
    bad.write_bytes(spx_csv.read_bytes())
    assert gex("report", bad, "--html", tmp_path / "page.html").code == 0
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;.csv" in page


@pytest.fixture(scope="module", name="days")
def _days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two sessions of one chain."""
    folder = tmp_path_factory.mktemp("days")
    written = [folder / "first.csv", folder / "second.csv"]
    for path, sample in zip(written, generate_days("SPX", 2, seed=3, size="small"), strict=True):
        write_cboe_csv(sample, path)
    return written


def test_it_says_what_changed_since_another_source(gex: Callable[..., Ran], days: list[Path], tmp_path: Path) -> None:
    ran = gex("report", days[1], "--since", days[0], "--html", tmp_path / "page.html")
    assert ran.code == 0, ran.err
    assert "rolled off" in (tmp_path / "page.html").read_text("utf-8")


def test_in_a_store_it_is_held_against_the_snapshot_before(
    gex: Callable[..., Ran], days: list[Path], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    assert gex("ingest", *days, "--store", store).code == 0
    for address, said in (("SPX", "rolled off"), ("SPX@prev", "There is no earlier snapshot")):
        assert gex("report", address, "--store", store, "--html", tmp_path / "page.html").code == 0
        assert said in (tmp_path / "page.html").read_text("utf-8")


def test_a_merged_book_has_a_page(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, tmp_path: Path) -> None:
    ran = gex("report", spx_csv, qqq_csv, "--merge", "--html", tmp_path / "page.html")
    assert ran.code == 0, ran.err
    assert "Of a merged book there is none" in (tmp_path / "page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["{spx}", "{qqq}", "--html", "{out}"], 2, "give one SOURCE, or --merge"),
        (["{spx}", "--html", "{out}", "--format", "json"], 2, "leave --output and --format out"),
        (["{spx}", "--since", "{qqq}"], 2, "--since is of --html"),
        (["{spx}", "{qqq}", "--merge", "--since", "{qqq}", "--html", "{out}"], 2, "leave --merge out"),
        (["nothing.csv", "--html", "{out}"], 3, "nothing.csv: cannot be read"),
    ],
)
def test_refusals_leave_no_file(
    gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    out = tmp_path / "page.html"
    ran = gex("report", *(each.format(spx=spx_csv, qqq=qqq_csv, out=out) for each in arguments))
    assert ran.code == code
    assert said in ran.err
    assert not out.exists()


def test_what_is_vendored_is_what_its_checksums_say() -> None:
    folder = files("gex.cli.page") / "assets" / "vendor"
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    names = {line.split()[1]: line.split()[0] for line in lines}
    assert set(names) == {each.name for each in folder.iterdir()} - {"SHA256SUMS"}
    for name, expected in names.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected


@pytest.mark.parametrize("name", [*assets.SCRIPTS, *assets.STYLES])
def test_no_shipped_text_can_end_its_element(name: str) -> None:
    assert "</script" not in assets.text(name)
    assert "</style" not in assets.text(name)


@pytest.mark.parametrize("name", assets.SCRIPTS)
def test_scripts_are_well_formed(name: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here to read scripts with")
    for text in (assets.text(name), assets.short(name)):
        checked = subprocess.run([node, "--check", "-"], input=text.encode(), capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr.decode()


@pytest.mark.parametrize("name", [*assets.SCRIPTS, *assets.STYLES])
def test_what_a_file_leaves_out_of_a_script_is_in_no_text(name: str) -> None:
    """Comments and indentation may go only where no string begins or goes on."""
    for comment in re.findall(r"/\*.*?\*/", assets.text(name), re.DOTALL):
        before = assets.text(name).split(comment)[0].rpartition("\n")[2]
        assert all(before.count(quote) % 2 == 0 for quote in "\"'`"), before
    short = assets.short(name)
    assert "/*" not in short
    assert all(line.count("`") % 2 == 0 for line in short.splitlines())
    assert not re.search(r"(?m)^\s", short)
    assert "".join(short.split()) == "".join(re.sub(r"(?s)/\*.*?\*/", "", assets.text(name)).split())
