"""Write who holds the rights to everything in the executable, as Debian wants it: ``python licences.py FILE``.

Run by the environment that builds, whose installed distributions say it themselves: nothing of it is written by hand but
what no distribution says. Standard library only. https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = "usr/lib/gensmith"
BROUGHT_BY_BUILDING = ("pyinstaller",)
"""Of what builds, what is in the result: the program that starts it."""
HEAD = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Gensmith
Comment: The folder holds Gensmith and the libraries that it stands on, each under its own licence. Qt, PySide6, libheif
 and libde265 are used under the LGPL: they lie in the folder as libraries of their own and can be replaced there.
"""
COMMON = {"LGPL-3": "LGPL-3", "GPL-3": "GPL-3", "GPL-2": "GPL-2", "Apache": "Apache-2.0"}
"""Texts that Debian keeps in one place: the beginning of the licence's name, and the file."""
PLAIN = ("", ".txt", ".md", ".rst")
TEXTS = re.compile(r"(licen[cs]e|copying|notice|copyright|thirdparty)", re.IGNORECASE)
HOLDER = re.compile(r"^\W*(?:copyright|©)[\s:]*(?:\(c\)|©)?\s*(.*\d{4}.*)$", re.IGNORECASE | re.MULTILINE)


def bundled() -> list[Distribution]:
    """Gensmith's requirements and theirs, as they are installed here; not those of tests and of building."""
    found: dict[str, Distribution] = {}
    wanted = ["gensmith", *BROUGHT_BY_BUILDING]
    while wanted:
        name = wanted.pop()
        if _key(name) in found:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        found[_key(name)] = distribution
        if name not in BROUGHT_BY_BUILDING:
            wanted += [_name(line) for line in distribution.requires or () if "extra ==" not in line]
    del found["gensmith"]
    return [found[name] for name in sorted(found)]


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return found[0]


def licence(distribution: Distribution) -> str:
    """The name of its licence: as an expression, in a word, or by its classifiers."""
    said = distribution.metadata
    if expression := said.get("License-Expression"):
        return str(expression)
    short = (said.get("License") or "").strip()
    if short and "\n" not in short and len(short) < 60:
        return short
    classes = [line.split(" :: ")[-1] for line in said.get_all("Classifier") or () if line.startswith("License ::")]
    return " or ".join(classes) or "see below"


def texts(distribution: Distribution) -> list[str]:
    """Its licence files, those of what it holds of others included."""
    files = [
        file for file in distribution.files or () if TEXTS.search(file.name) and file.suffix in ("", ".txt", ".md", ".rst")
    ]
    found = [Path(str(file.locate())) for file in sorted(files) if ".dist-info" in str(file) or len(file.parts) <= 2]
    return [path.read_text(encoding="utf-8", errors="replace") for path in found if path.is_file()]


def holders(distribution: Distribution, said: Sequence[str]) -> list[str]:
    """Who holds the rights: as the first licence file says, else the authors."""
    lines = [line.strip() for text in said[:1] for line in HOLDER.findall(text)]
    author = distribution.metadata.get("Author") or distribution.metadata.get("Author-email") or "its authors"
    return list(dict.fromkeys(lines))[:20] or [" ".join(author.split())]


def tops(distribution: Distribution) -> list[str]:
    """Names below which its files lie in the folder."""
    parts = {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}
    return sorted(top for top in parts if not top.endswith((".dist-info", ".pth"))) or [distribution.metadata["Name"]]


def paragraph(files: Sequence[str], rights: Sequence[str], name: str, said: Sequence[str], comment: str = "") -> str:
    """One paragraph of the file; the licence's text is part of it."""
    lines = ["Files: " + "\n ".join(files), "Copyright: " + "\n ".join(rights)]
    lines += [f"Comment: {comment}"] if comment else []
    lines += [f"License: {name}", *_indented(said or _common(name))]
    return "\n".join(lines) + "\n"


def _indented(said: Sequence[str]) -> Iterator[str]:
    for line in "\n\n".join(said).splitlines():
        text = "".join(sign for sign in line.rstrip() if sign.isprintable() or sign == "\t")
        yield f" {text}" if text.strip() else " ."


def _common(name: str) -> list[str]:
    places = [file for start, file in COMMON.items() if start in name]
    return [f"On Debian systems the text is in /usr/share/common-licenses/{places[0]}." if places else f"See {name}."]


def whole() -> str:
    """The whole file."""
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^license = "([^"]+)"', ours, re.MULTILINE)
    assert found
    python = Path(os.__file__).parent / "LICENSE.txt"
    said = [python.read_text(encoding="utf-8", errors="replace")] if python.is_file() else []
    parts = [HEAD, paragraph(["*"], ["The authors of Gensmith"], found[1], [MIT])]
    parts.append(paragraph([f"{PLACE}/parts/libpython*"], ["Python Software Foundation"], "PSF-2.0", said))
    font = (ROOT / "resources" / "fonts" / "LICENSE.txt").read_text(encoding="utf-8")
    rights = HOLDER.findall(font) or ["The authors of Inter"]
    parts.append(paragraph([f"{PLACE}/*/fonts/*"], rights, "OFL-1.1", [font], "Inter, the typeface of the window"))
    for distribution in bundled():
        files, said = [f"{PLACE}/*/{top}*" for top in tops(distribution)], texts(distribution)
        about = f"{distribution.metadata['Name']} {distribution.version}"
        parts.append(paragraph(files, holders(distribution, said), licence(distribution), said, about))
    return "\n".join(parts)


MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions: The above copyright notice and this permission notice
shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(whole(), encoding="utf-8")
