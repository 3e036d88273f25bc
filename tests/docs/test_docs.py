from __future__ import annotations

import re
from pathlib import Path

import pytest

from serving.settings import Settings
from tests.docs import law, roles
from tests.docs.make import DOCS, pages
from tests.serving.api.test_roles import ALLOWED

ROOT = DOCS.parent
WRITTEN = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(DOCS.glob("*.md"))


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages()[name], "run `make docs` and read the diff"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_promise_names_a_test_or_a_benchmark_that_exists() -> None:
    page = (DOCS / "shown.md").read_text("utf-8")
    tests, benchmarks = re.findall(r"pytest (\S+?\.py)(?:::(\w+))?`", page), re.findall(r"-m (benchmarks\.\w+)", page)
    assert len(tests) > 20
    for file, name in tests:
        assert not name or f"def {name}(" in (ROOT / file).read_text("utf-8"), f"{file}::{name}"
        assert (ROOT / file).exists(), file
    assert [one for one in benchmarks if not any(ROOT.glob(one.replace(".", "/") + "*"))] == []


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [page.name for page in DOCS.glob("*.md") if f"(docs/{page.name})" not in readme] == []


def test_every_setting_has_a_description() -> None:
    assert all(info.description for info in Settings.model_fields.values())


def test_a_row_of_law_names_a_test_that_exists() -> None:
    assert law.test_id("test_a_generated_page_is_what_the_code_says") == (
        "tests/docs/test_docs.py::test_a_generated_page_is_what_the_code_says"
    )
    with pytest.raises(LookupError, match="which 0 files have"):
        law.test_id("test_that_nobody_wrote")


def test_the_page_of_roles_says_what_the_service_was_tried_to_allow() -> None:
    for role, tried in ALLOWED.items():
        said = {tuple(operation.split()) for operation, _, allowed in roles.operations() if role in allowed}
        assert said == {(method.upper(), path) for method, path in tried}, role


def test_every_test_that_is_said_to_show_something_exists() -> None:
    named = re.findall(r"(tests/[\w/]+\.py)(?:::(\w+))?", (DOCS / "shown.md").read_text("utf-8"))
    assert len(named) > 50
    for file, name in named:
        assert f"def {name}" in (ROOT / file).read_text("utf-8"), (file, name)
