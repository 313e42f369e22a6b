#!/usr/bin/env bash
# A server that is not ours: LiteLLM's proxy with a master key and a mock model, added as a private provider. Good, bad and
# missing keys and --generate are tested against it, on a private database that is taken away again.
#
#   python3 -m venv venv && venv/bin/pip install 'litellm[proxy]'
#   LITELLM=venv/bin/litellm tests/gateway/litellm.sh
set -euo pipefail

litellm=${LITELLM:-$(command -v litellm || true)}
if [ -z "$litellm" ]; then
  echo "skipped: litellm is not installed (pip install 'litellm[proxy]', or name it in LITELLM)"
  exit 0
fi
byok=${BYOK:-$(cd "$(dirname "$0")/../.." && pwd)/target/debug/byok}
dir=$(mktemp -d)
# Run by root, the server of the private database belongs to another account, which must get through.
chmod 711 "$dir"
good=sk-lab-cAnArYcAnArY-1234567890
export BYOK_LOCAL_DIR="$dir/byok" CI=1
unset BYOK_DATABASE_URL DATABASE_URL BYOK_MASTER_KEY BYOK_MASTER_KEY_FILE BYOK_NO_TEST BYOK_ORG BYOK_OUTPUT
server=
trap '[ -z "$server" ] || kill "$server" || true; "$byok" local down -q >/dev/null || true; rm -rf "$dir"' EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$dir/config.yaml" <<YAML
model_list:
  - model_name: mock-small
    litellm_params: { model: openai/mock, api_key: unused, mock_response: "Hello" }
general_settings: { master_key: $good }
YAML
LITELLM_LOCAL_MODEL_COST_MAP=True "$litellm" --config "$dir/config.yaml" --host 127.0.0.1 --port "$port" >"$dir/log" 2>&1 &
server=$!
for _ in $(seq 120); do
  python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null && break
  kill -0 "$server" 2>/dev/null || { cat "$dir/log"; exit 1; }
  sleep 0.5
done

# wants CODE VERDICT COMMAND...: the exit code, and the verdict where one is expected.
wants() {
  local code=$1 verdict=$2 got=0
  shift 2
  "$byok" "$@" >"$dir/out" 2>"$dir/err" || got=$?
  if [ "$got" != "$code" ] || ! grep -q "$verdict" "$dir/out" "$dir/err" || grep -q cAnArY "$dir/out" "$dir/err"; then
    echo "byok $*: exit $got, wanted $code with '$verdict'"
    cat "$dir/out" "$dir/err"
    exit 1
  fi
  echo "ok: byok $* -> $got $verdict"
}

wants 2 allow-private provider add lab --base-url "http://127.0.0.1:$port/v1"
wants 0 created provider add lab --base-url "http://127.0.0.1:$port/v1" --allow-private -o json
wants 0 acme enable acme
wants 0 verified test-key lab --candidate --stdin <<<"$good"
wants 6 rejected test-key lab --candidate --stdin <<<"sk-lab-cAnArYcAnArY-0000000000"
wants 6 rejected test-key lab --candidate --stdin <<<"no-prefix-cAnArYcAnArY-00000000"
wants 2 empty test-key lab --candidate --stdin </dev/null
wants 3 "has no lab key" test-key lab --org acme
wants 6 "nothing was stored" key set lab --org acme --stdin <<<"sk-lab-cAnArYcAnArY-0000000000"
wants 0 verified key set lab --org acme --stdin <<<"$good"
wants 0 verified test-key lab --org acme
wants 0 '"paid":true' test-key lab --org acme --generate -o json
wants 0 '"paid":true' test-key lab --org acme --generate --model mock-small -o json
wants 7 unchecked test-key lab --org acme --generate --model no-such-model
kill "$server"; wait "$server" 2>/dev/null || true; server=
wants 7 unreachable test-key lab --org acme
wants 0 organization resolve lab --org acme
echo "all as wanted"
