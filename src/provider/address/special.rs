//! Addresses that are not public: IANA's special-purpose registries, and addresses of cloud services.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A block: its first address, the length of its prefix, and its purpose.
type V4 = ([u8; 4], u32, &'static str);
type V6 = ([u16; 8], u32, &'static str);

/// The IPv4 Special-Purpose Address Registry (RFC 6890), row by row, then multicast, then addresses of clouds. Some of
/// these blocks can be reached from everywhere, but no provider uses them.
const V4_BLOCKS: &[V4] = &[
    ([0, 0, 0, 0], 8, "this network, RFC 791"),
    ([10, 0, 0, 0], 8, "private use, RFC 1918"),
    ([100, 64, 0, 0], 10, "shared address space of carriers, RFC 6598"),
    ([127, 0, 0, 0], 8, "loopback, RFC 1122"),
    ([169, 254, 0, 0], 16, "link local, with the metadata services of clouds, RFC 3927"),
    ([172, 16, 0, 0], 12, "private use, RFC 1918"),
    ([192, 0, 0, 0], 24, "protocol assignments, RFC 6890"),
    ([192, 0, 0, 0], 29, "service continuity, RFC 7335"),
    ([192, 0, 0, 8], 32, "dummy address, RFC 7600"),
    ([192, 0, 0, 9], 32, "port control anycast, RFC 7723"),
    ([192, 0, 0, 10], 32, "TURN anycast, RFC 8155"),
    ([192, 0, 0, 170], 31, "discovery of NAT64, RFC 8880"),
    ([192, 0, 2, 0], 24, "documentation, RFC 5737"),
    ([192, 31, 196, 0], 24, "AS112, RFC 7535"),
    ([192, 52, 193, 0], 24, "multicast tunnels, RFC 7450"),
    ([192, 88, 99, 0], 24, "6to4 relays, RFC 7526"),
    ([192, 168, 0, 0], 16, "private use, RFC 1918"),
    ([192, 175, 48, 0], 24, "AS112, RFC 7534"),
    ([198, 18, 0, 0], 15, "benchmarks, RFC 2544"),
    ([198, 51, 100, 0], 24, "documentation, RFC 5737"),
    ([203, 0, 113, 0], 24, "documentation, RFC 5737"),
    ([240, 0, 0, 0], 4, "reserved, RFC 1112"),
    ([255, 255, 255, 255], 32, "broadcast, RFC 919"),
    ([224, 0, 0, 0], 4, "multicast, RFC 5771"),
    ([168, 63, 129, 16], 32, "the host's own services on Azure"),
    ([161, 26, 0, 0], 16, "the inner services of IBM Cloud"),
    ([166, 8, 0, 0], 14, "the inner services of IBM Cloud"),
];

/// The IPv6 Special-Purpose Address Registry (RFC 6890), row by row, then multicast and former uses. Nothing outside of
/// 2000::/3 is assigned.
const V6_BLOCKS: &[V6] = &[
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback, RFC 4291"),
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified, RFC 4291"),
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4 mapped, RFC 4291"),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "NAT64, RFC 6052"),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "NAT64 of a network's own, RFC 8215"),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard, RFC 6666"),
    ([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy prefix, RFC 9780"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "protocol assignments, RFC 2928"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo tunnels, RFC 4380"),
    ([0x2001, 1, 0, 0, 0, 0, 0, 1], 128, "port control anycast, RFC 7723"),
    ([0x2001, 1, 0, 0, 0, 0, 0, 2], 128, "TURN anycast, RFC 8155"),
    ([0x2001, 1, 0, 0, 0, 0, 0, 3], 128, "service registration anycast, RFC 9665"),
    ([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "benchmarks, RFC 5180"),
    ([0x2001, 3, 0, 0, 0, 0, 0, 0], 32, "multicast tunnels, RFC 7450"),
    ([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48, "AS112, RFC 7535"),
    ([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28, "ORCHID, RFC 4843"),
    ([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28, "ORCHIDv2, RFC 7343"),
    ([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28, "remote identification of drones, RFC 9374"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation, RFC 3849"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4 tunnels, RFC 3056"),
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "AS112, RFC 7534"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation, RFC 9637"),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing, RFC 9602"),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local, with the metadata services of clouds, RFC 4193"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link local, RFC 4291"),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site local, RFC 3879"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast, RFC 4291"),
    ([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16, "the former 6bone, RFC 3701"),
];

const NOT_ASSIGNED: &str = "not assigned to the public internet";

/// Names of private networks: special-use names (RFC 6761 and later), usual names of private zones, and names of
/// clouds' metadata services. Names below them are private too.
const ZONES: &str = "localhost local internal intranet home.arpa localdomain lan home corp private test onion alt \
                     metadata.goog metadata.tencentyun.com metadata.packet.net metadata.platformequinix.com";

/// The purpose of an IPv4 address that is not public.
pub(super) fn of_v4(address: Ipv4Addr) -> Option<&'static str> {
    // The narrowest block describes it best.
    let holds = |(first, bits, _): &&V4| (address.to_bits() ^ Ipv4Addr::from(*first).to_bits()) >> (32 - bits) == 0;
    V4_BLOCKS.iter().filter(holds).max_by_key(|(_, bits, _)| bits).map(|(_, _, what)| *what)
}

/// The purpose of an IPv6 address that is not public. An address that stands for an IPv4 address is judged as that one.
pub(super) fn of_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inside) = embedded(address) {
        return of_v4(inside);
    }
    let holds = |(first, bits, _): &&V6| (address.to_bits() ^ Ipv6Addr::from(*first).to_bits()) >> (128 - bits) == 0;
    let narrowest = V6_BLOCKS.iter().filter(holds).max_by_key(|(_, bits, _)| bits).map(|(_, _, what)| *what);
    narrowest.or((address.segments()[0] & 0xe000 != 0x2000).then_some(NOT_ASSIGNED))
}

/// The IPv4 address that an IPv6 address stands for (mapped) or is translated to (NAT64). Tunnels (6to4, Teredo) and
/// the old compatible form also lead to other addresses, but no provider uses them, so they are refused.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let inside = matches!(s, [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..]);
    inside.then(|| Ipv4Addr::from((u32::from(s[6]) << 16) | u32::from(s[7])))
}

/// Whether a name is one of a private network. A name without a dot is completed by the network's search list.
pub(super) fn is_inner_name(name: &str) -> bool {
    let below = |zone: &str| name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || ZONES.split_ascii_whitespace().any(below)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::super::is_public;
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().expect("an address"))
    }

    #[test]
    fn every_block_begins_and_ends_where_its_row_says() {
        for (first, bits, what) in V4_BLOCKS {
            let (first, size) = (Ipv4Addr::from(*first).to_bits(), u32::MAX.checked_shr(*bits).unwrap_or_default());
            assert_eq!(first & size, 0, "{what}");
            for inside in [first, first | size, first | (size / 3)] {
                assert!(of_v4(Ipv4Addr::from_bits(inside)).is_some(), "{what}");
            }
        }
        for (first, bits, what) in V6_BLOCKS {
            let (first, size) = (Ipv6Addr::from(*first).to_bits(), u128::MAX.checked_shr(*bits).unwrap_or_default());
            assert_eq!(first & size, 0, "{what}");
            // What is an IPv4 address in another spelling is judged as that.
            for inside in
                [first, first | size].map(Ipv6Addr::from_bits).into_iter().filter(|it| embedded(*it).is_none())
            {
                assert!(of_v6(inside).is_some(), "{what}");
            }
        }
    }

    #[test]
    fn what_stands_beside_a_block_is_public() {
        for text in "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
            169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.31.195.255 192.31.197.0
            192.52.192.255 192.52.194.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255
            192.175.49.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0
            223.255.255.255 168.63.129.15 168.63.129.17 161.25.255.255 161.27.0.0 166.7.255.255 166.12.0.0 2001:200::
            2001:db7:ffff:: 2001:db9:: 2003:: 2620:4f:7fff:: 2620:4f:8001:: 2606:4700:4700::1111 3ffd:ffff::
            2a00:1450:4001::1"
            .split_ascii_whitespace()
        {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn the_registry_and_the_clouds_are_not_public() {
        for text in "168.63.129.16 169.254.169.254 100.100.100.200 192.0.0.192 169.254.170.2 192.52.193.1 192.31.196.1
            192.175.48.1 192.0.0.9 203.0.113.9 198.19.255.255 240.0.0.1 239.1.1.1 255.255.255.255 fd00:ec2::254
            fd20:ce::254 3fff::1 3fff:fff:ffff::1 5f00::1 100::1 100:0:0:1::1 2001::1
            2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:1::1 2001:1::2 2001:1::3 2001:2::1 2001:3::1 2001:4:112::1
            2001:10::1 2001:20::1 2001:30::1 2001:1ff::1 2001:db8::1 2002:808:808::1 2002:a00:1:: 2620:4f:8000::1
            64:ff9b:1::8.8.8.8 64:ff9b::10.0.0.1 64:ff9b::168.63.129.16 ::ffff:168.63.129.16 ::8.8.8.8 ::10.0.0.1 ::1
            :: ::ffff:0:8.8.8.8 fe80::1 fec0::1 fc00::1 ff02::1 ff0e::1 4000::1 8000::1 3ffe::1 1::1"
            .split_ascii_whitespace()
        {
            assert!(!public(text), "{text}");
        }
        assert_eq!(of_v4(Ipv4Addr::new(192, 0, 0, 8)), Some("dummy address, RFC 7600"));
    }

    #[test]
    fn names_of_a_network_and_of_metadata_services_lead_inside() {
        for name in "metadata metadata.google.internal instance-data.ec2.internal metadata.goog rancher-metadata
            metadata.tencentyun.com gateway db.svc.cluster.local router.lan x.onion a.test home.arpa"
            .split_ascii_whitespace()
        {
            assert!(is_inner_name(name), "{name}");
        }
        for name in
            "gateway.example.org nota-local.example.org xlocal.org local.example.org goog.org".split_ascii_whitespace()
        {
            assert!(!is_inner_name(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn an_embedded_address_is_judged_as_the_one_inside(bits in any::<u32>(), row in 0..V4_BLOCKS.len(), low in any::<u32>()) {
            let (first, count, _) = V4_BLOCKS[row];
            let inside = Ipv4Addr::from(first).to_bits() | (low & u32::MAX.checked_shr(count).unwrap_or_default());
            for address in [Ipv4Addr::from_bits(bits), Ipv4Addr::from_bits(inside)] {
                let judged = is_public(IpAddr::V4(address));
                let [a, b, c, d] = address.octets();
                let (high, last) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                for spelling in [[0, 0, 0, 0, 0, 0xffff, high, last], [0x64, 0xff9b, 0, 0, 0, 0, high, last]] {
                    prop_assert_eq!(is_public(IpAddr::V6(spelling.into())), judged, "{}", Ipv6Addr::from(spelling));
                }
                for tunnel in [[0x2002, high, last, 0, 0, 0, 0, 1], [0x2001, 0, high, last, 0, 0, !high, !last],
                               [0x64, 0xff9b, 1, 0, 0, 0, high, last], [0, 0, 0, 0, 0, 0, high, last]] {
                    prop_assert!(!is_public(IpAddr::V6(tunnel.into())), "{}", Ipv6Addr::from(tunnel));
                }
            }
        }
    }
}
