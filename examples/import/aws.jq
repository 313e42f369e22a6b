# A secret of AWS Secrets Manager. If its text is a JSON object, each member is a key, by the id of its provider. If it is a key alone,
# the last part of the secret's name is the provider: prod/acme/openai is openai.
#
#   aws secretsmanager get-secret-value --secret-id acme/llm --output json | jq -c -f aws.jq | byok key import - --org acme
(.SecretString | fromjson? // .) as $text
| if ($text | type) == "object"
  then ($text | to_entries[] | {provider: .key, key: .value})
  else {provider: (.Name | split("/") | last), key: .SecretString}
  end
