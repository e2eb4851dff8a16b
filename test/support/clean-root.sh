#!/bin/sh
# Shows that a fresh clone starts, and with --test that it passes its tests, on a bare Debian: no Redis, an old Node.
# Needs root, debootstrap and unshare. The bare system is kept for the next run; the clone and all it installed are not.
# usage: clean-root.sh [--test]
set -eu

suite=bookworm
cache=${LAKEFLEET_CLEAN_ROOT:-/tmp/clean-root}
port=${LAKEFLEET_PORT:-4199}
repository=$(cd "$(dirname "$0")/../.." && pwd)
base=$cache/base
run=$cache/run

build_base() {
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' "Codename: $suite" | sort -u | head -n 1)
  rm -rf "$base"
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$base" "${mirror:?no mirror of $suite in the apt sources}"
  take_over_network "$base"
  in_root "$base" apt-get update
  in_root "$base" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs npm git curl procps
  touch "$base/.complete"
}

# A network behind a proxy or a certificate of its own needs the same settings inside as outside.
take_over_network() {
  cp /etc/resolv.conf "$1/etc/resolv.conf"
  mkdir -p "$1/etc/ssl/certs"
  cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
  rm -f "$1/root/.npmrc"
  if [ -f "$HOME/.npmrc" ]; then
    grep -E '^(registry|@[^=]*:registry|//|https?-proxy|proxy|noproxy|cafile|strict-ssl)' "$HOME/.npmrc" >"$1/root/.npmrc" || true
  fi
}

# In process and mount spaces of its own, so that nothing that runs inside is left when it ends.
in_root() {
  folder=$1
  shift
  unshare --mount --pid --fork --kill-child sh -c '
    folder=$1; shift
    mount --bind /dev "$folder/dev"
    mount -t proc proc "$folder/proc"
    exec chroot "$folder" "$@"' sh "$folder" \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" no_proxy="${no_proxy-}" \
    "$@"
}

[ -f "$base/.complete" ] || build_base
rm -rf "$run"
cp -a "$base" "$run"
trap 'rm -rf "$run"' EXIT
git clone --quiet --no-hardlinks "file://$repository" "$run/lakefleet"

cat >"$run/check.sh" <<'CHECK'
set -eu
cd /lakefleet
echo "Node $(node --version), npm $(npm --version), redis-server: $(command -v redis-server || echo none)"
npm start >/start.log 2>&1 &
fleet=$!
waited=0
until grep -q 'npx lakefleet search' /start.log; do
  kill -0 "$fleet" 2>/dev/null || { cat /start.log; echo 'npm start ended'; exit 1; }
  [ "$waited" -lt 900 ] || { cat /start.log; echo 'no search after 15 minutes'; exit 1; }
  sleep 1
  waited=$((waited + 1))
done
cat /start.log
echo "searchable after $waited s"
curl -fsS "http://127.0.0.1:$LAKEFLEET_PORT/vectors/search" -H 'content-type: application/json' \
  -d '{"index":"sample","query":"why does the wheel still rub after a new brake pad","k":3}' | tee /answer.json
echo
grep -q 'brake' /answer.json
npx lakefleet search sample 'a knock in the headset' | tee /cli.txt
grep -q 'headset' /cli.txt
kill -TERM "$fleet"
wait "$fleet" || { tail -n 5 /start.log; echo 'npm start did not end with 0'; exit 1; }
# By the whole command: Node names its main thread otherwise.
if pgrep -af 'redis-server|/lakefleet/'; then echo 'something is left'; exit 1; fi
[ "${1-}" != --test ] || npm test
CHECK
in_root "$run" env LAKEFLEET_PORT="$port" sh /check.sh "$@"
