//! RSA signatures (PKCS #1 v1.5) under keys from certificates.

use ring::{
    rand::SystemRandom,
    signature::{
        RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
        UnparsedPublicKey,
    },
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::source::Reason;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum RsaHash {
    /// Only where a provider still signs with it.
    Sha1,
    Sha256,
}

/// The first certificate of a PEM file.
pub(in super::super) struct Certificate<'a>(X509Certificate<'a>);

impl<'a> Certificate<'a> {
    pub(in super::super) fn of(der: &'a CertificateDer<'_>) -> Result<Self, Reason> {
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|_| Reason::UnusableKey("it is not an X.509 certificate"))?;
        Ok(Self(certificate))
    }

    /// The subject's common name.
    pub(in super::super) fn common_name(&self) -> Option<&str> {
        self.0.subject().iter_common_name().next().and_then(|name| name.as_str().ok())
    }

    pub(in super::super) fn verify(&self, hash: RsaHash, message: &[u8], signature: &[u8]) -> bool {
        let algorithm = match hash {
            RsaHash::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            RsaHash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        let key = &self.0.public_key().subject_public_key.data;
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }
}

/// The certificates of a PEM file, the signer's first.
pub(in super::super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Reason> {
    let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    all.ok().filter(|all| !all.is_empty()).ok_or(Reason::UnusableKey("it is not a PEM file with a certificate"))
}

/// A key for examples, with a certificate of a test authority: trusted by nobody who is not told to. Test key.
const TEST_KEY: &[u8] = include_bytes!("test-key.pem");
const TEST_CERTIFICATE: &[u8] = include_bytes!("test-certificate.pem");
const TEST_AUTHORITY: &str = include_str!("test-authority.pem");

/// The certificate of the key that signs examples.
pub(in super::super) const fn test_certificates() -> &'static [u8] {
    TEST_CERTIFICATE
}

/// Who made it.
pub(in super::super) const fn test_authority() -> &'static str {
    TEST_AUTHORITY
}

/// Signs an example with SHA-256.
pub(in super::super) fn sign_with_test_key(message: &[u8]) -> Vec<u8> {
    let der = PrivatePkcs8KeyDer::from_pem_slice(TEST_KEY).expect("the test key is PEM");
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).expect("the test key is an RSA key");
    let mut signature = vec![0; pair.public().modulus_len()];
    // The random numbers blind the computation; what comes out is always the same.
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("the signature has its length");
    signature
}
