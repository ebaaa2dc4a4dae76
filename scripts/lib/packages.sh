# The programs and files that the tests use, and Debian's names for what brings them. Sourced by
# scripts/test. Only what is missing is installed, and no service that comes along is started.

# What has to be there (a command, or a path), and the package that has it.
needed=(
  'haproxy haproxy'
  'nginx nginx'
  '/usr/lib/nginx/modules/ngx_stream_module.so libnginx-mod-stream'
  'curl curl'
  'wrk wrk'
  'iperf3 iperf3'
  'socat socat'
  'python3 python3'
  'dnsmasq dnsmasq-base'
  'rsyslogd rsyslog'
  'logrotate logrotate'
  'openssl openssl'
  'redis-server redis-server'
  'mariadbd mariadb-server'
  '/usr/lib/postgresql postgresql'
  'killall psmisc'
  'tmux tmux'
  'keepalived keepalived'
  'faketime faketime'
  'ip iproute2'
  'unshare util-linux'
  'hatop hatop'
  'pgrep procps'
  'pidof sysvinit-utils'
  'systemd-analyze systemd'
  'strace strace'
  'gcc gcc'
  '/usr/include/stdio.h libc6-dev'
  '/usr/include/linux/io_uring.h linux-libc-dev'
)

missing_packages() {
  local entry what
  for entry in "${needed[@]}"; do
    what=${entry% *}
    case $what in
      /*) [ -e "$what" ] || echo "${entry#* }" ;;
      # nginx and haproxy lie in sbin, which is not on everybody's PATH.
      *) PATH="$PATH:/usr/sbin:/sbin" command -v "$what" >/dev/null || echo "${entry#* }" ;;
    esac
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

install_debian_packages() {
  local missing
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  mapfile -t missing <<<"$missing"
  command -v apt-get >/dev/null || fail "not a Debian system; install what these packages of Debian hold: ${missing[*]}"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "as root, first: apt-get install ${missing[*]}"
  step "installing Debian packages: ${missing[*]}"
  forbid_services
  quietly as_root apt-get update
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"
  allow_services
  missing=$(missing_packages)
  [ -z "$missing" ] || fail "installed, and still missing: $missing"
}

# Debian asks this file before a package starts its service, with systemd and without; 101 is "no".
policy=/usr/sbin/policy-rc.d
policy_is_ours=

forbid_services() {
  [ ! -e "$policy" ] || return 0
  policy_is_ours=yes
  trap allow_services EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}

allow_services() {
  [ -n "$policy_is_ours" ] || return 0
  as_root rm -f "$policy"
  policy_is_ours=
}
