//! QUIC with libp2p certificates: both ends prove their peer id, and nothing else is trusted.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use libp2p_identity::PeerId;
use mist_proto::{http::SourceClass, ids::PeerName, limits::MAX_INFLIGHT_PER_PEER, wire};
use quinn::{
    AckFrequencyConfig, ClientConfig, Connection, Endpoint, EndpointConfig, IdleTimeout, ServerConfig,
    TransportConfig, VarInt,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use rustls::crypto::{
    CryptoProvider,
    aws_lc_rs::{self, cipher_suite},
};
use socket2::{Domain, Protocol, Socket, Type};

use crate::{Identity, NodeError, certificates::PeerVerifier, congestion::DelayControl, identity::peer_name};

/// Silence after which a connection is lost.
const IDLE: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(3);
/// Longest time that a peer off the local network is to keep an acknowledgement back.
const ACK_DELAY: Duration = Duration::from_millis(4);
/// Kernel buffers of a UDP socket, in bytes; with the default a burst at LAN speed is lost.
const SOCKET_BUFFER: usize = 4 << 20;
/// More than the largest answer, so that no answer ever waits for its stream's window.
const STREAM_WINDOW: u32 = 2 << 20;
/// What a trusted peer may have on its way to us on all streams.
const CONNECTION_WINDOW: u32 = 32 << 20;
/// The same for one that has not shown a ticket: a hello, with room for its frame.
const STRANGER_WINDOW: u32 = 4 << 10;
/// What of our answers may wait for a peer's acknowledgement, in bytes: all of it is in memory. It is 1 Gbit/s over 30 ms; off the local network
/// less is enough or more is given, by what the way is seen to hold.
const SEND_WINDOW: u64 = 4 << 20;
/// Room for datagrams that wait to be sent, in bytes, with what QUIC keeps of each: two or three. Older ones make way.
const DATAGRAMS_OUT: usize = 128;
/// The same for those that came and were not read yet.
const DATAGRAMS_IN: usize = 1 << 10;

/// Opens an endpoint that listens on `addr`, with the buffers that LAN speed needs.
pub(crate) fn endpoint(addr: SocketAddr, accepting: ServerConfig) -> Result<Endpoint, NodeError> {
    let listen = |source| NodeError::Listen { addr, source };
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP)).map_err(listen)?;
    // The system may grant less; it then is merely slower.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER);
    if addr.is_ipv6() {
        // One socket for both families where the system allows it.
        let _ = socket.set_only_v6(false);
    }
    socket.bind(&addr.into()).map_err(listen)?;
    let runtime = quinn::default_runtime().ok_or_else(|| NodeError::Tls("no tokio runtime".to_owned()))?;
    Endpoint::new(EndpointConfig::default(), Some(accepting), socket.into(), runtime).map_err(listen)
}

/// How connections that peers dial are taken.
pub(crate) fn server_config(
    identity: &Identity,
    control: &Arc<DelayControl>,
) -> Result<ServerConfig, NodeError> {
    let made = libp2p_tls::make_server_config(identity.keypair()).map_err(tls_error)?;
    let mut crypto = rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(tls_error)?
        .with_client_cert_verifier(Arc::new(PeerVerifier::of_anybody()))
        .with_cert_resolver(made.cert_resolver);
    crypto.alpn_protocols = vec![wire::ALPN.to_vec()];
    // Without instructions for AES on either end it is slow for both.
    crypto.ignore_client_order = !has_fast_aes();
    let mut config =
        ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(crypto).map_err(tls_error)?));
    config.transport_config(stranger_transport(SourceClass::Lan, control));
    Ok(config)
}

/// Transport settings for a peer that has not shown a ticket, at an address of this class.
pub(crate) fn stranger_transport(class: SourceClass, control: &Arc<DelayControl>) -> Arc<TransportConfig> {
    let mut transport = transport(class, control);
    transport.receive_window(STRANGER_WINDOW.into()).max_concurrent_bidi_streams(1u32.into());
    Arc::new(transport)
}

/// A configuration that accepts exactly `peer` at the other end.
pub(crate) fn client_config(identity: &Identity, peer: &PeerName) -> Result<ClientConfig, NodeError> {
    let id: PeerId = peer.as_str().parse().map_err(tls_error)?;
    let made = libp2p_tls::make_client_config(identity.keypair(), Some(id)).map_err(tls_error)?;
    let mut crypto = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(tls_error)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PeerVerifier::of(id)))
        .with_client_cert_resolver(made.client_auth_cert_resolver);
    crypto.alpn_protocols = vec![wire::ALPN.to_vec()];
    Ok(ClientConfig::new(Arc::new(QuicClientConfig::try_from(crypto).map_err(tls_error)?)))
}

/// Transport settings for a peer that this node dials at an address of this class.
pub(crate) fn dial_transport(class: SourceClass, control: &Arc<DelayControl>) -> Arc<TransportConfig> {
    let mut transport = transport(class, control);
    transport.receive_window(CONNECTION_WINDOW.into()).max_concurrent_bidi_streams(0u32.into());
    Arc::new(transport)
}

/// Lets a peer that has shown a ticket send requests.
pub(crate) fn trust(connection: &Connection) {
    connection.set_receive_window(CONNECTION_WINDOW.into());
    // One more for the control stream, which counts at the accepting end.
    connection.set_max_concurrent_bi_streams((MAX_INFLIGHT_PER_PEER + 1).into());
}

/// Who is at the other end, as its certificate proved.
pub(crate) fn remote_peer(connection: &Connection) -> Option<PeerName> {
    let identity = connection.peer_identity()?;
    let certificates = identity.downcast_ref::<Vec<rustls::pki_types::CertificateDer<'static>>>()?;
    let certificate = libp2p_tls::certificate::parse(certificates.first()?).ok()?;
    peer_name(&certificate.peer_id())
}

fn transport(class: SourceClass, control: &Arc<DelayControl>) -> TransportConfig {
    let mut acks = AckFrequencyConfig::default();
    acks.ack_eliciting_threshold(20u32.into());
    if class != SourceClass::Lan {
        // An answer that waits for company would look like a queue on the way.
        acks.max_ack_delay(Some(ACK_DELAY));
    }
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(STREAM_WINDOW.into())
        .send_window(SEND_WINDOW)
        // One answer after the other: the first is whole, and passed on, while the second is on its way.
        .send_fairness(false)
        .max_concurrent_uni_streams(0u32.into())
        // Nobody on the local network is asked for anything by them.
        .datagram_receive_buffer_size((class != SourceClass::Lan).then_some(DATAGRAMS_IN))
        .datagram_send_buffer_size(DATAGRAMS_OUT)
        .ack_frequency_config(Some(acks))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(
            u32::try_from(IDLE.as_millis()).unwrap_or(u32::MAX),
        ))));
    if class != SourceClass::Lan {
        transport.congestion_controller_factory(control.clone());
    }
    transport
}

/// The ciphers of TLS 1.3, the one first that is fastest here.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites = vec![
        cipher_suite::TLS13_AES_128_GCM_SHA256,
        cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        cipher_suite::TLS13_AES_256_GCM_SHA384,
    ];
    if !has_fast_aes() {
        provider.cipher_suites.swap(0, 1);
    }
    Arc::new(provider)
}

/// Whether the processor has instructions for AES, with which it costs a fraction of ChaCha20.
fn has_fast_aes() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes")
        && std::arch::is_aarch64_feature_detected!("pmull");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}

fn tls_error(e: impl std::fmt::Display) -> NodeError {
    NodeError::Tls(e.to_string())
}
