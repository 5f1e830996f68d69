"""What goes into the executable and what is left out of it, each with its reason. Standard library only.

``gensmith.spec`` and the hooks in ``hooks/`` read these tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path, PurePath

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ("samples", "icons", "fonts", "report")
"""Folders of ``resources/`` that Gensmith reads; the screenshots are for the README."""

TORCH_NAMED_AT_RUN_TIME = (
    "torch._decomp",
    "torch._dynamo",
    "torch._export",
    "torch._higher_order_ops",
    "torch._numpy",
    "torch._refs",
    "torch.backends",
    "torch.export",
    "torch.fx",
    "torch.onnx",
)
"""Packages whose modules are imported by name while a model is exported, where no reading of the sources finds them."""


def beside_the_quantiser() -> str:
    """The folder whose modules ONNX Runtime's quantiser imports as if they stood alone: it puts it on the path itself."""
    found = find_spec("onnxruntime")
    assert found is not None and found.origin is not None, "onnxruntime is not installed here"
    return str(Path(found.origin).parent / "transformers")


MODULES_LEFT_OUT = {
    "tkinter": "another window toolkit; Pillow and pyqtgraph offer to use it",
    "IPython": "rich, sympy and torch offer to use it in a terminal",
    "matplotlib": "pyqtgraph, torch and sympy offer to draw with it",
    "scipy": "torch, pyqtgraph and networkx offer to use it; nothing of ours does",
    "pandas": "torch and networkx offer to read with it",
    "tensorboard": "torch's own log of a training; ours is events.jsonl",
    "torch.utils.tensorboard": "the same",
    "torch.utils.benchmark": "measures torch itself",
    "torch.utils.hipify": "converts sources for AMD's compiler",
    "torch.utils.viz": "draws torch's memory in a browser",
    "torch.utils.bottleneck": "a profiler's command line",
    "torch.distributed.elastic": "training on several machines, which Gensmith does not do",
    "torch.distributed.launcher": "the same",
    "torch.distributed.pipelining": "the same",
    "torch.distributed.checkpoint": "the same",
    "torch._inductor.kernel": "kernels that torch.compile writes with a compiler; Gensmith does not compile",
    "torch._inductor.compile_fx": "the same",
    "torch.testing._internal.common_utils": "torch's own tests",
    "triton": "kernels for torch.compile, the same",
    "onnx.backend.test": "the test cases of the ONNX standard",
    "ssl": "encrypted connections; nothing leaves the machine",
    "_ssl": "the same",
    "onnxruntime.tools": "converters that nothing calls",
    "onnxruntime.transformers.models": "optimises language models; the quantiser needs a module beside it",
    "pyqtgraph.examples": "examples",
    "pyqtgraph.opengl": "three-dimensional drawing",
    "numpy.f2py": "compiles Fortran",
    "numpy.testing": "numpy's own tests; what asks for it does so in tests",
    "setuptools": "installs packages",
    "pip": "the same",
    "pytest": "tests",
    "hypothesis": "tests",
    "PySide6.QtNetwork": "nothing leaves the machine",
    "PySide6.QtQml": "a language for windows that ours does not use",
    "PySide6.QtQuick": "the same",
    "PySide6.QtSql": "databases",
    "PySide6.QtDesigner": "draws windows by hand",
    "PySide6.QtPrintSupport": "printing",
    "PySide6.QtUiTools": "reads drawn windows",
}
"""Never imported in a frozen Gensmith: what asks for them does so where it can do without."""

NOT_FOR_GENERATING = {
    "torch": "trains; a model draws without it",
    "onnxscript": "exports",
    "onnx_ir": "exports",
    "sympy": "torch needs it",
    "mpmath": "the same",
    "networkx": "the same",
    "jinja2": "the same",
    "pyqtgraph": "draws curves of a training",
    "typer": "the command line",
    "rich": "the same",
    "pygments": "the same",
    "PIL._avif": "reads pictures of one more kind",
    "PIL.AvifImagePlugin": "the same",
    "pi_heif": "reads what phones write",
    "_pi_heif": "the same",
    "_hashlib": "a faster way to what Python does by itself",
    "sqlite3": "nothing of ours keeps a database",
    "PySide6.QtTest": "tests",
    "desktop_app.cli": "the command line",
    "desktop_app.data": "reads pictures to learn from",
    "desktop_app.engine": "trains",
    "desktop_app.evaluation": "judges",
    "desktop_app.jobs.session": "moves a project along",
    "desktop_app.jobs.launch": "starts the engine",
    "desktop_app.ui.window": "Gensmith's own window",
}
"""Left out of the generator beside :data:`MODULES_LEFT_OUT`."""

FILES_LEFT_OUT = {
    "torch/bin/protoc*": "the compiler of protocol buffers",
    "torch/bin/test_*": "torch's own tests, compiled",
    "torch/include/*": "headers for C++",
    "torch/share/*": "build files for C++",
    "torch/test/*": "torch's own tests, compiled",
    "torch/lib/libtorchbind_test*": "the same",
    "torch/lib/libjitbackend_test*": "the same",
    "torch/lib/libbackend_with_compiler*": "the same",
    "torch/lib/libaoti_custom_ops*": "the same",
    "torch/lib/*.lib": "for linking C++ on Windows",
    "libstdc++.so*": "the system's own is as new or newer; graphics drivers break on an older one",
    "libgcc_s.so*": "the same",
    "PySide6/Qt/qml/*": "a language for windows that ours does not use",
    "PySide6/Qt/translations/*": "Qt's own words in other languages; Gensmith speaks English",
    "PySide6/translations/*": "the same, on Windows",
    "*libQt6Qml*": "came with plugins that are left out",
    "*libQt6Quick*": "the same",
    "*libQt6VirtualKeyboard*": "a keyboard on the screen: the system has one",
    "*libQt6Pdf*": "shows PDF files as pictures",
    "*Qt6Network*": "nothing leaves the machine",
    "*/plugins/tls/*": "encryption for network connections",
    "*/plugins/networkinformation/*": "watches network connections",
    "*/plugins/generic/*": "reads input devices without a display server; one of them listens to the network",
    "*/plugins/egldeviceintegrations/*": "screens without a display server",
    "*/plugins/platforms/libqeglfs*": "the same",
    "*/plugins/platforms/libqlinuxfb*": "the same",
    "*/plugins/platforms/libqminimalegl*": "the same",
    "*/plugins/platforms/libqvkkhrdisplay*": "the same",
    "*/plugins/platforms/libqvnc*": "shows the window over the network",
    "*libQt6EglFs*": "the same as the screens without a display server",
    "*/plugins/imageformats/libqpdf*": "shows PDF files as pictures",
    "*/plugins/platforminputcontexts/libqtvirtualkeyboard*": "a keyboard on the screen: the system has one",
    "*/plugins/platformthemes/libqgtk3*": "another toolkit's file dialogs; the desktop's portal offers the same",
    **dict.fromkeys(
        ("libatk*", "libcairo*", "libpango*", "libgdk*", "libpixman*", "libthai*", "libdatrie*", "libfribidi*"),
        "came with that toolkit",
    ),
    **dict.fromkeys(
        ("libgssapi*", "libkrb5*", "libk5crypto*", "libcom_err*", "libkeyutils*", "libssl*"),
        "came with what is for the network",
    ),
    "*/plugins/vectorimageformats/*": "animated drawings for a language that is left out",
    "onnx/backend/test/*": "the test cases of the ONNX standard",
    "*/tests/*": "tests of libraries",
    "*.pyi": "types for developers",
}
"""Patterns of paths inside the folder."""


def is_left_out(path: str) -> bool:
    """Whether a file is not to be in the folder; ``path`` as PyInstaller writes it, relative to its contents."""
    name = PurePath(path).as_posix()
    return any(fnmatchcase(name, pattern) for pattern in FILES_LEFT_OUT)


def kept(entries: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """PyInstaller's list of files (where to, where from, kind) without what is left out."""
    return [entry for entry in entries if not is_left_out(entry[0])]


def modules_below(root: Path, package: str) -> Iterator[str]:
    """Names of a package's modules from its files: nothing is imported, which is quick and cannot fail."""
    folder = root.joinpath(*package.split(".")[1:])
    yield package
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        if all(part.isidentifier() for part in parts):
            yield ".".join([package, *(parts[:-1] if parts[-1] == "__init__" else parts)])


def version() -> str:
    """Gensmith's version, from the one place where it stands."""
    text = (ROOT / "desktop_app" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE)
    assert found
    return found[1]


def resources(names: Sequence[str] = RESOURCES) -> list[tuple[str, str]]:
    """Shipped files for PyInstaller: (from, to), so that :func:`desktop_app.project.resources.resource` finds them."""
    return [(str(ROOT / "resources" / name), f"desktop_app/_resources/{name}") for name in names]
