# Sourced by the scripts beside it: where things are, and how progress, timings and errors are printed.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
script=$(basename "$0")
cd "$root"

say() { printf '%s: %s\n' "$script" "$*"; }
die() {
  printf '%s: error: %s\n' "$script" "$*" >&2
  exit 1
}

# The comment above the first line of code is the help text.
help_if_asked() {
  case "${1:-}" in
    -h | --help)
      sed -n '2,/^$/s/^# \{0,1\}//p' "$root/scripts/$script"
      exit 0
      ;;
  esac
}

# timed NAME COMMAND…: runs it and prints how long it took; a failure ends the script with the command's exit code.
timed() {
  local name=$1 start=$SECONDS code=0
  shift
  say "$name …"
  "$@" || code=$?
  if [ "$code" -ne 0 ]; then
    say "$name failed after $((SECONDS - start)) s (exit code $code)" >&2
    exit "$code"
  fi
  say "$name: $((SECONDS - start)) s"
}

# quietly LOG COMMAND…: its output goes to build/logs/LOG, and is shown when it fails.
quietly() {
  local log=build/logs/$1 code=0
  shift
  mkdir -p build/logs
  "$@" >"$log" 2>&1 || code=$?
  [ "$code" -eq 0 ] || tail -n 40 "$log" >&2
  return "$code"
}

# The entries of a list file: one a line, comments and blank lines dropped.
entries() { sed 's/[[:space:]]*#.*//; /^[[:space:]]*$/d' "$1"; }
