//! A peer that keeps to the protocol and answers with bytes that are not what was asked for. Written on the wire's own
//! words, since a [`mist_peer::Node`] checks what it sends.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use libp2p_identity::Keypair;
use mist_proto::{
    BlobId,
    http::{Announce, Announced, Device, Holding, NewDevice, TicketList, TicketsRequest},
    ids::PeerName,
    limits::MAX_CONTROL_FRAME,
    wire::{ALPN, AnswerHead, Codec, Control, Request, Status, VERSION},
};
use quinn::crypto::rustls::QuicServerConfig;
use reqwest::Method;
use serde_json::to_value;

use crate::api::Api;

/// A running liar.
pub(crate) struct Liar {
    served: Arc<AtomicU64>,
    // Held to keep it running.
    _endpoint: quinn::Endpoint,
}

impl Liar {
    /// Joins the swarm with the account's ticket for `game`, and tells everybody that it has all of `blob`.
    pub(crate) fn join(api: &Api, game: &str, blob: BlobId) -> Result<Self> {
        let keypair = Keypair::generate_ed25519();
        let peer: PeerName = keypair.public().to_peer_id().to_base58().parse()?;
        let device = NewDevice { name: "not to be believed".into() };
        let _: Device = api.ask(Method::PUT, &format!("/devices/{peer}"), Some(to_value(device)?))?;
        let request = TicketsRequest { peer: peer.clone() };
        let tickets: TicketList = api.ask(Method::POST, "/swarm/tickets", Some(to_value(request)?))?;
        let ticket = tickets.tickets.into_iter().find(|t| t.game.as_str() == game);
        let ticket = ticket.with_context(|| format!("no ticket for {game}"))?.token;

        let mut tls = libp2p_tls::make_server_config(&keypair)?;
        tls.alpn_protocols = vec![ALPN.to_vec()];
        let config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
        let _inside = api.runtime().enter();
        let endpoint = quinn::Endpoint::server(config, SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let (accepting, served) = (endpoint.clone(), Arc::new(AtomicU64::new(0)));
        let count = Arc::clone(&served);
        tokio::spawn(async move {
            while let Some(incoming) = accepting.accept().await {
                let Ok(connection) = incoming.await else { continue };
                // Whatever ends it: the other end hung up.
                tokio::spawn(talk(connection, blob, ticket.clone(), Arc::clone(&count)));
            }
        });
        let announce = Announce {
            peer,
            session: "liar".into(),
            addresses: vec![endpoint.local_addr()?],
            holdings: vec![Holding {
                game: game.parse()?,
                blob,
                pieces: mist_peer::bao::pieces(blob.size),
                complete: true,
            }],
            moving: vec![],
            leaving: false,
        };
        let _: Announced = api.ask(Method::POST, "/swarm/announce", Some(to_value(announce)?))?;
        Ok(Self { served, _endpoint: endpoint })
    }

    /// Altered bytes that it has sent so far.
    pub(crate) fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }
}

async fn talk(
    connection: quinn::Connection,
    blob: BlobId,
    ticket: String,
    served: Arc<AtomicU64>,
) -> Result<()> {
    let (mut send, mut recv) = connection.accept_bi().await?;
    frame(&mut recv).await?;
    let agent = "mist".into();
    let hello = Control::Hello { version: VERSION, agent, max_inflight: 64, seed: false, ticket };
    send.write_all(&hello.encode()).await?;
    tokio::spawn(async move {
        loop {
            if let Control::Subscribe { channel, .. } = Control::decode(&frame(&mut recv).await?)? {
                send.write_all(&Control::HaveAll(channel).encode()).await?;
            }
        }
        #[expect(unreachable_code, reason = "names the type of the errors that end the loop")]
        anyhow::Ok(())
    });
    loop {
        let (send, recv) = connection.accept_bi().await?;
        tokio::spawn(lie(send, recv, blob, Arc::clone(&served)));
    }
}

/// Answers one request with zeros, of the right length and with a proof of the right length.
async fn lie(
    mut send: quinn::SendStream,
    mut recv: quinn::RecvStream,
    blob: BlobId,
    served: Arc<AtomicU64>,
) -> Result<()> {
    const PAIR: usize = 64;
    let request = Request::decode(&frame(&mut recv).await?)?;
    let parents = mist_peer::bao::proof(blob.size, request.first_group, request.groups.into()).len();
    let (_, len) = request.byte_range();
    let head = AnswerHead {
        status: Status::Ok,
        parents: u16::try_from(parents)?,
        codec: Codec::Raw,
        payload: u32::try_from(len)?,
    };
    served.fetch_add(len, Ordering::Relaxed);
    send.write_all(&head.encode()).await?;
    send.write_all(&vec![0; parents * PAIR + usize::try_from(len)?]).await?;
    send.finish()?;
    Ok(())
}

async fn frame(recv: &mut quinn::RecvStream) -> Result<Vec<u8>> {
    let mut len = [0; 4];
    recv.read_exact(&mut len).await?;
    let len = usize::try_from(u32::from_le_bytes(len))?;
    anyhow::ensure!(len <= MAX_CONTROL_FRAME, "a frame of {len} bytes");
    let mut body = vec![0; len];
    recv.read_exact(&mut body).await?;
    Ok(body)
}
