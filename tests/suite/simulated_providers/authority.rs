//! Certificates for any host, from an authority that only the tests trust.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a host shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity {
    /// Its own certificate.
    Itself,
    /// One of another host.
    AnotherHost,
    /// One that has ended.
    Expired,
    /// One from an authority that nobody believes.
    Stranger,
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

pub(super) struct Authority {
    believed: Issuer,
    stranger: Issuer,
    /// A certificate takes a while to make.
    made: Mutex<BTreeMap<(String, Identity), Arc<ServerConfig>>>,
}

impl Authority {
    pub(super) fn new() -> Self {
        Self { believed: issuer(), stranger: issuer(), made: Mutex::default() }
    }

    pub(super) fn der(&self) -> Vec<u8> {
        self.believed.der().to_vec()
    }

    pub(super) fn pem(&self) -> String {
        self.believed.pem()
    }

    pub(super) fn config(&self, host: &str, identity: Identity) -> Arc<ServerConfig> {
        let mut made = self.made.lock().expect("a lock");
        made.entry((host.to_owned(), identity)).or_insert_with(|| Arc::new(self.make(host, identity))).clone()
    }

    fn make(&self, host: &str, identity: Identity) -> ServerConfig {
        let names = match (identity, host) {
            (Identity::AnotherHost, _) => vec!["another-host.example.org".to_owned()],
            (_, "localhost") => vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()],
            (_, host) => vec![host.trim_matches(['[', ']']).to_owned()],
        };
        let mut params = CertificateParams::new(names).expect("names");
        if identity == Identity::Expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let issuer = if identity == Identity::Stranger { &self.stranger } else { &self.believed };
        let certificate = params.signed_by(&key, issuer).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a server")
    }
}

fn issuer() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}
