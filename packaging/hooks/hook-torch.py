"""torch in the executable, in place of PyInstaller's usual hook, which takes all of it, tests and headers included.

Sources are kept beside the compiled modules: the exporter reads the sources of the functions that it traces.
"""

from pathlib import Path

from contents import MODULES_LEFT_OUT, TORCH_NAMED_AT_RUN_TIME, modules_below
from PyInstaller.utils.hooks import PY_DYLIB_PATTERNS, collect_data_files, collect_dynamic_libs, get_package_paths

module_collection_mode = "pyz+py"
warn_on_missing_hiddenimports = False
_folder = Path(get_package_paths("torch")[1])
_left_out = tuple(f"{name}." for name in MODULES_LEFT_OUT)
hiddenimports = [
    name
    for package in TORCH_NAMED_AT_RUN_TIME
    for name in modules_below(_folder, package)
    if not f"{name}.".startswith(_left_out)
]
binaries = collect_dynamic_libs("torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"])
if (_helper := _folder / "bin" / "torch_shm_manager").exists():  # torch does not load without it
    binaries.append((str(_helper), "torch/bin"))
datas = collect_data_files("torch", includes=["**/*.json", "**/*.yaml"])
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]  # torch looks for its libraries beside the real ones

try:  # a torch for NVIDIA cards finds CUDA in packages of its own
    import packaging.requirements
    from _pyinstaller_hooks_contrib.utils import nvidia_cuda
    from PyInstaller.compat import importlib_metadata, is_linux

    _wanted = [packaging.requirements.Requirement(line) for line in importlib_metadata.requires("torch") or []]
    _names = [one.name for one in _wanted if one.marker is None or one.marker.evaluate()]
    hiddenimports += nvidia_cuda.infer_hiddenimports_from_requirements(_names) if is_linux else []
except ImportError:
    pass
