# What the scripts of this folder share. Sourced, not run: it stops the script at the first error,
# goes to the repository's top folder and defines the steps. It does not say what a script is for.
set -euo pipefail

# Where the caller was: `scripts/run -f my.cfg` means a file there.
caller_dir=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# The lowest release of Node that package.json allows: major and minor.
node_minimum=(20 19)

step() {
  printf -- '-- %s\n' "$*" >&2
}

fail() {
  printf 'ERROR: %s\n' "$*" >&2
  exit 1
}

# Runs a command silently; when it fails, shows all it said.
quietly() {
  local said
  said=$(mktemp)
  if ! "$@" >"$said" 2>&1; then
    cat "$said" >&2
    rm -f "$said"
    fail "failed: $*"
  fi
  rm -f "$said"
}

need_node() {
  [ "$(uname -s)" = Linux ] || fail 'turbo-lb runs on Linux only'
  command -v node >/dev/null || fail "Node ${node_minimum[0]}.${node_minimum[1]} or newer is needed: https://nodejs.org/"
  command -v npm >/dev/null || fail 'npm is needed; on Debian, beside the nodejs package: apt-get install npm'
  local version major minor
  version=$(node --version)
  IFS=. read -r major minor _ <<<"${version#v}"
  if ((major < node_minimum[0] || (major == node_minimum[0] && minor < node_minimum[1]))); then
    fail "Node ${node_minimum[0]}.${node_minimum[1]} or newer is needed, this is $version"
  fi
}

# npm writes node_modules/.package-lock.json last: it is missing after an interrupted install.
install_npm_packages() {
  local installed=node_modules/.package-lock.json
  if [ -f "$installed" ] && [ ! package-lock.json -nt "$installed" ]; then
    return
  fi
  step 'installing npm packages (npm ci)'
  quietly npm ci --no-audit --no-fund
}

# A newer source than the last thing built. The compiler writes every file at each build.
build_is_stale() {
  [ ! -f dist/src/cli/main.js ] && return 0
  [ -n "$(find src package.json package-lock.json tsconfig.json -newer dist/src/cli/main.js -print -quit)" ]
}

build() {
  step 'building (tsc)'
  npm run --silent build || fail 'the build failed'
}
