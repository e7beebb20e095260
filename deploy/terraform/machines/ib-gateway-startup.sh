#!/usr/bin/env bash
# Sets up IB Gateway's host at each boot, on Debian 12: screen, viewer, the program itself, its unit. A repetition changes
# nothing that is right already. Nobody is signed in by this: see docs/deploy.md.
set -euo pipefail

METADATA=${METADATA:-http://metadata.google.internal}
# Interactive Brokers' own installer, for a machine without a desktop.
INSTALLER=https://download2.interactivebrokers.com/installers/ibgateway/stable-standalone/ibgateway-stable-standalone-linux-x64.sh

say() { logger --tag quarterday-startup -- "$*" 2>/dev/null || true; echo "quarterday-startup: $*"; }
trap 'say "quarterday set-up failed with status $?"' ERR

packages=(xvfb xauth x11vnc libxtst6 libxi6 libxrender1 fontconfig)
missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null | grep --quiet '^installed$' || missing+=("$package")
done
if [[ ${#missing[@]} -gt 0 ]]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

getent passwd ib-gateway >/dev/null || useradd --system --user-group --home-dir /var/lib/ib-gateway --create-home --shell /usr/sbin/nologin ib-gateway

if [[ ! -x /opt/ibgateway/ibgateway ]]; then
    installer=$(mktemp --suffix .sh)
    curl --fail --silent --show-error --location --retry 5 --max-time 900 --output "$installer" "$INSTALLER"
    # Interactive Brokers publishes no checksum; the address is theirs and the connection is checked.
    sh "$installer" -q -dir /opt/ibgateway
    rm -f "$installer"
    say 'installed IB Gateway'
fi

unit=$(curl --fail --silent --show-error --retry 5 --header 'Metadata-Flavor: Google' \
    "$METADATA/computeMetadata/v1/instance/attributes/quarterday-unit")
target=/etc/systemd/system/ib-gateway.service
if [[ ! -f $target ]] || [[ "$(cat "$target")" != "$unit" ]]; then
    printf '%s\n' "$unit" >"$target"
    systemctl daemon-reload
    systemctl enable ib-gateway.service
    systemctl restart ib-gateway.service
    say 'started ib-gateway.service'
fi
