//! Google's service accounts: a signed statement is exchanged for a token. The private key is never sent.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::secret::SecretText;

/// The address of the token service. The address in the document is not used, because users paste documents.
const TOKEN_ADDRESS: &str = "https://oauth2.googleapis.com/token";
/// What older files name, for the same.
const OLDER_ADDRESSES: [&str; 2] =
    ["https://accounts.google.com/o/oauth2/token", "https://www.googleapis.com/oauth2/v4/token"];
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

#[derive(Deserialize)]
struct Document {
    client_email: String,
    #[serde(default)]
    private_key_id: String,
    private_key: String,
    token_uri: String,
}

/// The signed statement, valid for ten minutes. `None` if the document is not a service account.
pub(super) fn assertion(document: &SecretText) -> Option<SecretText> {
    let document: Document = serde_json::from_str(document.expose()).ok()?;
    let pem = Zeroizing::new(document.private_key);
    if document.token_uri != TOKEN_ADDRESS && !OLDER_ADDRESSES.contains(&document.token_uri.as_str()) {
        return None;
    }
    let der = Zeroizing::new(BASE64.decode(body_of(&pem)?.as_bytes()).ok()?);
    let key = RsaKeyPair::from_pkcs8(&der).ok()?;
    let now = crate::clock::here().unix_timestamp();
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": document.private_key_id});
    let claims = json!({
        "iss": document.client_email, "scope": SCOPE, "aud": TOKEN_ADDRESS, "iat": now, "exp": now + 600,
    });
    let encode = |value: &serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let statement = format!("{}.{}", encode(&header), encode(&claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), statement.as_bytes(), &mut signature).ok()?;
    Some(SecretText::new(format!("{statement}.{}", BASE64URL_NOPAD.encode(&signature))))
}

fn body_of(pem: &str) -> Option<Zeroizing<String>> {
    let inner = pem.split_once("-----BEGIN PRIVATE KEY-----")?.1.split_once("-----END PRIVATE KEY-----")?.0;
    Some(Zeroizing::new(inner.split_whitespace().collect()))
}
