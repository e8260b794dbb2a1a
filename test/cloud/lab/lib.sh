# Places, ports and processes of the lab. Sourced by up, down and restart.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PY=/usr/bin/python3

export LAB_DIR=${LAB_DIR:-/var/tmp/regild-lab} # all state: configuration, databases, logs, pid files
export LAB_FORCE_UPLOAD=${LAB_FORCE_UPLOAD:-true} LAB_TOKEN_SECONDS=${LAB_TOKEN_SECONDS:-86400}
export LAB_PASSWORD=lab-secret                 # of every user; nothing listens beyond 127.0.0.1
RUN=$LAB_DIR/run LOG=$LAB_DIR/log ETC=$LAB_DIR/etc
SOCK=$RUN/mariadb.sock

BASE_SERVICES="mariadb epmd rabbitmq libvirtd"
SERVICES="net-stub keystone placement glance-az1 glance-az2 cinder-api cinder-scheduler cinder-volume
 nova-conductor nova-scheduler nova-api nova-compute"

say() { printf '%4ss  %s\n' "$SECONDS" "$*"; }
die() { echo "lab: $*" >&2; exit 1; }
die_with_log() { # NAME MESSAGE
  tail -n 25 "$LOG/$1.log" >&2 || true
  die "$2 (more in $LOG/$1.log)"
}

# ---- ports: OpenStack's usual ones plus a shift, chosen at the first `up` and kept (the catalog holds it)

set_ports() { # SHIFT
  local name port
  PORTS=
  while read -r name port; do
    declare -gx "LAB_PORT_$name=$((port + $1))"
    PORTS="$PORTS $((port + $1))"
  done <<'T'
KEYSTONE 5000
PLACEMENT 8778
NOVA 8774
CINDER 8776
GLANCE_AZ1 9292
GLANCE_AZ2 9293
NETSTUB 9696
RABBIT 5672
RABBIT_DIST 5673
EPMD 4369
T
  export LAB_AUTH_URL=http://127.0.0.1:$LAB_PORT_KEYSTONE/v3
}
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; } # PORT
port_owner() { ss -Hltnp "sport = :$1" | sed -n 's/.*users:((\(.*\)))/\1/p' | head -n 1; }
choose_ports() {
  local shift port free
  if [ -r "$LAB_DIR/port-shift" ]; then set_ports "$(cat "$LAB_DIR/port-shift")"; return; fi
  for shift in $(seq 10000 1000 22000); do
    set_ports "$shift"
    free=1
    for port in $PORTS; do if listening "$port"; then free=; break; fi; done
    if [ -n "$free" ]; then echo "$shift" >"$LAB_DIR/port-shift"; return; fi
  done
  die "no free range of ports: $port is held by $(port_owner "$port")"
}

# ---- processes: a pid file holds "PID STARTTIME"; the kernel's start time guards against a recycled pid

start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
alive() { # NAME
  local pid started
  [ -r "$RUN/$1.pid" ] && read -r pid started <"$RUN/$1.pid" &&
    [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ]
}
all_alive() { # NAME...
  local name
  for name; do alive "$name" || return 1; done
}
start() { # NAME COMMAND...
  local name=$1
  shift
  setsid nohup "$@" >>"$LOG/$name.log" 2>&1 </dev/null 9>&- & # 9: the lock of `up` is not for daemons
  local pid=$!
  sleep 0.05
  echo "$pid $(start_time "$pid")" >"$RUN/$name.pid"
}
stop() { # NAME: TERM to its process group, KILL after five seconds
  local pid _
  if alive "$1"; then
    read -r pid _ <"$RUN/$1.pid"
    kill -TERM -- "-$pid" 2>/dev/null || true
    for _ in $(seq 50); do alive "$1" || break; sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$RUN/$1.pid"
}
wait_until() { # NAME COMMAND...: a minute, or until NAME has died
  local name=$1 _
  shift
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return; fi
    alive "$name" || die_with_log "$name" "$name died"
    sleep 0.2
  done
  die_with_log "$name" "$name is not ready after a minute"
}
