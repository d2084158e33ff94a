"""lit configuration: the internal shell, tools from the build folder, and features for what a machine may lack."""
import os

import lit.formats

config.name = "Nibble"
config.test_format = lit.formats.ShTest(False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.nibble_build_dir, "test")

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.nibble_build_dir, "bin"), config.llvm_tools_dir, os.environ["PATH"]])
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"

# Python tests see this build's module and the repository's benchmark helpers.
config.environment["PYTHONPATH"] = os.pathsep.join(
    [os.path.join(config.nibble_build_dir, "python"),
     os.path.join(config.nibble_source_dir, "benchmarks")])
config.environment["NIBBLE_BUILD_DIR"] = config.nibble_build_dir
config.environment["NIBBLE_SHARED_DIR"] = config.shared_dir
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

python = os.path.join(config.nibble_build_dir, "venv", "bin", "python")
if os.path.exists(python):
    config.available_features.add("venv")  # Python with onnx and numpy
if config.sanitizer_runtime and os.path.exists(config.sanitizer_runtime):
    # Python is not instrumented: the sanitizer's runtime must come first, and
    # what the interpreter itself leaks is not ours.
    python = (f"env LD_PRELOAD={config.sanitizer_runtime} ASAN_OPTIONS="
              f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0 {python}")
    config.available_features.add("sanitizer")
config.substitutions.append(("%shared", config.shared_dir))
config.substitutions.append(("%source", config.nibble_source_dir))
config.substitutions.append(("%build", config.nibble_build_dir))
config.substitutions.append(("%python", python))
config.substitutions.append(("%build", config.nibble_build_dir))
if os.path.isdir(os.path.join(config.shared_dir, "models")):
    config.available_features.add("shared-models")
# Where make_onnx.py of the shared folder wrote Gemma (1.1 GB).
gemma = os.environ.get("NIBBLE_GEMMA_DIR", os.path.join(config.nibble_build_dir, "models", "gemma"))
config.substitutions.append(("%gemma", gemma))
if os.path.exists(os.path.join(gemma, "gemma_cache.onnx")):
    config.available_features.add("gemma")
if os.path.exists(os.path.join(config.nibble_build_dir, "python", "nibble")):
    config.available_features.add("python-venv")
with open("/proc/cpuinfo") as f:
    flags = set(next((l for l in f if l.startswith("flags")), "").split())
for flag in ("avx2", "avx512_vnni", "avx_vnni", "amx_int8"):
    if flag in flags:
        config.available_features.add(flag.replace("_", "-"))
