//! What is asked of the certificate at the other end, as libp2p's specification of TLS has it: exactly one, signed by itself, with
//! the key of a peer in its extension, and of the peer that was dialed.
//!
//! `libp2p-tls` makes the certificates and reads them; its own verifier comes only with its own order of ciphers.

use libp2p_identity::PeerId;
use libp2p_tls::certificate;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};

/// Signatures that a handshake may bear, the best first. RSA is for libraries that make no other certificates.
const SCHEMES: [SignatureScheme; 9] = [
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

/// Accepts the certificate of the peer that was dialed, or of any peer that dials.
#[derive(Debug)]
pub(crate) struct PeerVerifier {
    dialed: Option<PeerId>,
}

impl PeerVerifier {
    /// For the one that dials.
    pub(crate) fn of(peer: PeerId) -> Self {
        Self { dialed: Some(peer) }
    }

    /// For the one that is dialed. Who it is shows the certificate.
    pub(crate) fn of_anybody() -> Self {
        Self { dialed: None }
    }

    fn verify(&self, certificate: &CertificateDer<'_>, more: &[CertificateDer<'_>]) -> Result<(), Error> {
        if !more.is_empty() {
            return Err(Error::General("there is more than one certificate".to_owned()));
        }
        // Also checks the time, both signatures, and that no critical extension is unknown.
        let peer = certificate::parse(certificate)?.peer_id();
        if self.dialed.is_some_and(|dialed| dialed != peer) {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(())
    }
}

fn verify_handshake(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    certificate::parse(certificate)?.verify_signature(signed.scheme, message, signed.signature())?;
    Ok(HandshakeSignatureValid::assertion())
}

/// TLS 1.2 is not offered.
fn refuse() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::General("only TLS 1.3 is spoken".to_owned()))
}

impl ServerCertVerifier for PeerVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verify(certificate, more)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        refuse()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_handshake(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

impl ClientCertVerifier for PeerVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verify(certificate, more)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        refuse()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_handshake(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use libp2p_identity::Keypair;

    use super::*;

    fn certificate_of(key: &Keypair) -> CertificateDer<'static> {
        certificate::generate(key).expect("a certificate").0
    }

    #[test]
    fn the_peer_that_was_dialed_is_taken_and_nobody_else() {
        let (dialed, other) = (Keypair::generate_ed25519(), Keypair::generate_ed25519());
        let verifier = PeerVerifier::of(dialed.public().to_peer_id());
        verifier.verify(&certificate_of(&dialed), &[]).expect("it is the one");
        let refused = verifier.verify(&certificate_of(&other), &[]).expect_err("it is another");
        assert_eq!(refused, CertificateError::ApplicationVerificationFailure.into());
        PeerVerifier::of_anybody().verify(&certificate_of(&other), &[]).expect("it proves who it is");
    }

    #[test]
    fn neither_a_chain_nor_a_certificate_that_was_changed_is_taken() {
        let key = Keypair::generate_ed25519();
        let (one, verifier) = (certificate_of(&key), PeerVerifier::of_anybody());
        assert!(verifier.verify(&one, std::slice::from_ref(&one)).is_err());
        for at in [one.len() / 2, one.len() - 1] {
            let mut changed = one.to_vec();
            changed[at] ^= 1;
            assert!(verifier.verify(&changed.into(), &[]).is_err(), "byte {at}");
        }
        assert!(verifier.verify(&Vec::new().into(), &[]).is_err());
    }

    #[test]
    fn a_handshake_signed_with_another_key_is_not_taken() {
        let key = Keypair::generate_ed25519();
        let (certificate, _) = certificate::generate(&key).expect("a certificate");
        let (_, other_key) = certificate::generate(&key).expect("another one of the same peer");
        let signer = rustls::crypto::aws_lc_rs::sign::any_supported_type(&other_key).expect("a key");
        let scheme = SignatureScheme::ECDSA_NISTP256_SHA256;
        let signature = signer.choose_scheme(&[scheme]).expect("P-256").sign(b"hello").expect("a signature");
        let parsed = certificate::parse(&certificate).expect("it is well");
        assert!(parsed.verify_signature(scheme, b"hello", &signature).is_err());
    }
}
