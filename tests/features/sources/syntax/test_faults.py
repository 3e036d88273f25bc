from __future__ import annotations

import re
from pathlib import Path

import features.sources.syntax as package
from features.sources.registry import adapters, shipped
from features.sources.syntax.faults import SYNTAX_FAULTS

_CODE = re.compile(
    r'(?:code=|_fault\(\s*|Refused\(\s*|_rejection\(\s*)"([a-z_]+)"|_rejection\(\s*\w+(?:\.\w+)?,\s*"([a-z_]+)"'
)


def test_every_fault_that_a_reader_finds_is_declared_and_no_other() -> None:
    sources = [path.read_text("utf-8") for path in Path(package.__path__[0]).glob("*.py") if path.stem != "faults"]
    found = {first or second for text in sources for first, second in _CODE.findall(text)}
    assert found == {fault.code for fault in SYNTAX_FAULTS}


def test_faults_belong_to_formats_that_there_are() -> None:
    endings = {adapter.suffix for adapter in (*adapters().values(), *shipped().values())}
    assert {suffix for fault in SYNTAX_FAULTS for suffix in fault.suffixes} <= endings
