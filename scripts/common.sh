# What the scripts share. Source it from a script that ran `set -eu`.

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# dockerd and nginx live in sbin, which an ordinary user's PATH lacks on Debian.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PATH

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        fail "this needs root: $*"
    fi
}

service_manager() { [ -d /run/systemd/system ]; }
