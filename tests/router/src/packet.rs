//! What the router reads of a packet: where it goes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The destination of an IP packet; none if it is no such packet, or is for more than one receiver.
pub(crate) fn destination(packet: &[u8]) -> Option<IpAddr> {
    let address = match packet.first()? >> 4 {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(packet.get(16..20)?).ok()?)),
        6 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(packet.get(24..40)?).ok()?)),
        _ => return None,
    };
    (!address.is_multicast()).then_some(address)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An IPv4 packet of that many bytes; its number is in it.
    pub(crate) fn packet(to: [u8; 4], bytes: usize, number: u16) -> Vec<u8> {
        let mut packet = vec![0; bytes.max(22)];
        packet[0] = 0x45;
        packet[16..20].copy_from_slice(&to);
        packet[20..22].copy_from_slice(&number.to_be_bytes());
        packet
    }

    #[test]
    fn where_packets_go() {
        assert_eq!(destination(&packet([10, 1, 2, 3], 100, 0)), Some([10, 1, 2, 3].into()));
        assert_eq!(destination(&packet([224, 0, 0, 251], 100, 0)), None, "many receivers");
        assert_eq!(destination(&packet([10, 1, 2, 3], 100, 0)[..19]), None, "cut short");
        assert_eq!(destination(&[]), None);
        let mut six = vec![0; 40];
        six[0] = 0x60;
        six[39] = 1;
        assert_eq!(destination(&six), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        assert_eq!(destination(&six[..39]), None);
        assert_eq!(destination(&[0; 60]), None, "neither family");
    }
}
