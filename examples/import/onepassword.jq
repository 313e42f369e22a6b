# An item of 1Password: its concealed field is the key, and its field `provider`, or else its title in small letters, is the provider.
# A field `expires` of the type DATE is the end date.
#
#   op item get OpenAI --vault acme --format json --reveal | jq -c -f onepassword.jq | byok key import - --org acme
(.fields | map(select(.value != null))) as $fields
| {
    provider: (first($fields[] | select(.label == "provider") | .value) // (.title | ascii_downcase)),
    key: first($fields[] | select(.type == "CONCEALED") | .value),
    expires: (first($fields[] | select(.label == "expires") | .value) // null)
  }
