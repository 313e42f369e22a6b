# The fields of a secret in Vault's KV store, by their names: either the id of a provider (openai), or the variable of its own tools
# (OPENAI_API_KEY is openai). Both versions of the store are read.
#
#   vault kv get -format=json -mount=secret acme/llm | jq -c -f vault.jq | byok key import - --org acme
.data
| if (.metadata? | type) == "object" and (.data | type) == "object" then .data else . end
| to_entries[]
| {provider: (.key | ascii_downcase | sub("_(api_key|api_token|token|key)$"; "")), key: .value}
