#!/usr/bin/env bash
# Sets up a machine at each boot, on Debian 12: fetches the program of the configured version, installs its unit and the
# logging agent, and starts it. Terraform puts it and all it needs into the instance's metadata. A repetition changes nothing
# that is right already. When it fails, the machine says so and goes off, since nothing else would turn it off for hours.
#
# Read from the metadata: quarterday-program, quarterday-programs (gs://BUCKET/programs/VERSION), quarterday-unit,
# quarterday-logging, quarterday-hold.
set -euo pipefail

# Where things are. Only a test sets them.
METADATA=${METADATA:-http://metadata.google.internal}
STORAGE=${STORAGE:-https://storage.googleapis.com}
ROOT=${ROOT:-}

say() { logger --tag quarterday-startup -- "$*" 2>/dev/null || true; echo "quarterday-startup: $*"; }

metadata() { # path below computeMetadata/v1
    curl --fail --silent --show-error --retry 5 --retry-connrefused --max-time 20 \
        --header 'Metadata-Flavor: Google' "$METADATA/computeMetadata/v1/$1"
}

attribute() { # name; nothing when it is not set
    local status
    status=$(curl --silent --show-error --retry 5 --max-time 20 --output /dev/null --write-out '%{http_code}' \
        --header 'Metadata-Flavor: Google' "$METADATA/computeMetadata/v1/instance/attributes/$1")
    case $status in
        200) metadata "instance/attributes/$1" ;;
        404) ;;
        *) say "the metadata server answers $status for $1" >&2; return 1 ;;
    esac
}

required() { # name
    local value
    value=$(attribute "$1")
    [[ -n $value ]] || { say "the metadata attribute $1 is not set: apply Terraform again" >&2; return 1; }
    printf '%s\n' "$value"
}

# An object of Cloud Storage, in the name of the machine's own account. The token goes through a file descriptor: an argument
# could be read by every process.
download() { # gs://BUCKET/NAME, target
    local token
    token=$(metadata instance/service-accounts/default/token | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
    [[ -n $token ]] || { say 'the metadata server gave no token' >&2; return 1; }
    curl --fail --silent --show-error --location --retry 5 --retry-connrefused --max-time 300 \
        --header @<(printf 'Authorization: Bearer %s\n' "$token") --output "$2" "$STORAGE/${1#gs://}"
}

put() { # target, content; says whether it changed
    local target=$1 content=$2
    if [[ -f $target ]] && [[ "$(cat "$target")" == "$content" ]]; then return 1; fi
    mkdir -p "$(dirname "$target")"
    printf '%s\n' "$content" >"$target.new"
    chmod 0644 "$target.new"
    mv "$target.new" "$target"
}

fetch_program() { # name, folder in the lake
    local name=$1 programs=$2 folder=$ROOT/opt/quarterday
    local sums wanted have=''
    mkdir -p "$folder"
    sums=$(mktemp)
    download "$programs/SHA256SUMS" "$sums"
    wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$sums")
    rm -f "$sums"
    [[ $wanted =~ ^[0-9a-f]{64}$ ]] || { say "$programs/SHA256SUMS names no $name: build and push this version" >&2; return 1; }
    if [[ -f $folder/$name ]]; then have=$(sha256sum "$folder/$name" | cut -d' ' -f1); fi
    if [[ $have == "$wanted" ]]; then return 0; fi
    download "$programs/$name" "$folder/$name.new"
    have=$(sha256sum "$folder/$name.new" | cut -d' ' -f1)
    if [[ $have != "$wanted" ]]; then
        rm -f "$folder/$name.new"
        say "$programs/$name has sha256 $have, its list says $wanted" >&2
        return 1
    fi
    chmod 0755 "$folder/$name.new"
    mv "$folder/$name.new" "$folder/$name"
    say "installed $name from $programs"
}

# Without the agent the work is done all the same, only its log stays on the machine.
install_logging() {
    local config=$1
    if ! command -v google_cloud_ops_agent_engine >/dev/null && [[ ! -d $ROOT/opt/google-cloud-ops-agent ]]; then
        local list=$ROOT/etc/apt/sources.list.d/google-cloud-ops-agent.list key=$ROOT/usr/share/keyrings/google-cloud-ops-agent.gpg
        mkdir -p "$(dirname "$list")" "$(dirname "$key")"
        curl --fail --silent --show-error --location --max-time 60 https://packages.cloud.google.com/apt/doc/apt-key.gpg \
            | gpg --batch --yes --dearmor --output "$key" || return 1
        echo "deb [signed-by=$key] https://packages.cloud.google.com/apt google-cloud-ops-agent-bookworm-2 main" >"$list"
        apt-get update -qq || return 1
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends google-cloud-ops-agent || return 1
    fi
    if put "$ROOT/etc/google-cloud-ops-agent/config.yaml" "$config"; then
        systemctl restart google-cloud-ops-agent || return 1
    fi
}

set_up() {
    local program programs unit unit_name logging
    program=$(required quarterday-program)
    programs=$(required quarterday-programs)
    unit=$(required quarterday-unit)
    logging=$(attribute quarterday-logging)
    case $program in
        collector) unit_name=collector.service ;;
        ml-vm) unit_name=ml.service ;;
        *) say "quarterday-program is $program: write collector or ml-vm" >&2; return 1 ;;
    esac
    # Fails loudly here rather than in a unit that turns the machine off.
    [[ $unit == *"/opt/quarterday/$program attend"* ]] || { say "quarterday-unit does not start $program" >&2; return 1; }

    fetch_program "$program" "$programs"
    if put "$ROOT/etc/systemd/system/$unit_name" "$unit"; then systemctl daemon-reload; fi
    systemctl start "$unit_name"
    say "started $unit_name"
    # Last, since the work does not wait for it. The journal holds what is said until then.
    if [[ -n $logging ]]; then
        install_logging "$logging" || say 'the logging agent is not there: the log stays in the journal' >&2
    fi
}

# In a process of its own, so that the first failure ends it: bash does not stop at failures inside `if`.
set +e
(set -e; set_up)
status=$?
set -e
if [[ $status -ne 0 ]]; then
    # The serial console is copied to Cloud Logging; an alert looks for these words.
    say "quarterday set-up failed with status $status"
    hold=$(attribute quarterday-hold || true)
    if [[ -z $hold ]]; then systemctl poweroff; else say "held until $hold: staying on"; fi
    exit "$status"
fi
