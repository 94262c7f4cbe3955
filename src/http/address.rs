//! Where a request comes from: the connection, or what a proxy of ours says of it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::state::Site;

/// The client's address.
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<Site> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
        let forwarded = forwarded(&parts.headers);
        Ok(Self(client(peer, &forwarded, &site.doors.trusted_proxies)))
    }
}

/// Every line of the header in order, as one (RFC 9110, 5.3): a proxy may add a line of its own below
/// the one that the client made up.
fn forwarded(headers: &HeaderMap) -> String {
    let lines = headers.get_all("x-forwarded-for").iter();
    let lines: Vec<_> = lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    lines.join(",")
}

/// From the right, the first address that is no proxy of ours; what stands further left was written
/// by the client. An IPv4 address in IPv6's clothes is the IPv4 address, on either side.
fn client(peer: IpAddr, forwarded: &str, trusted: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_ours = |hop: &IpAddr| trusted.iter().any(|ours| ours.to_canonical() == *hop);
    if !is_ours(&peer) {
        return peer;
    }
    let hops = forwarded
        .rsplit(',')
        .map_while(|hop| hop.trim().parse::<IpAddr>().ok());
    hops.map(|hop| hop.to_canonical())
        .find(|hop| !is_ours(hop))
        .unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_proxies_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        let from = |peer, forwarded| client(ip(peer), forwarded, &trusted);
        assert_eq!(from("1.2.3.4", "9.9.9.9"), ip("1.2.3.4"));
        assert_eq!(from("10.0.0.1", "6.6.6.6, 9.9.9.9"), ip("9.9.9.9"));
        assert_eq!(from("10.0.0.1", "9.9.9.9, 10.0.0.2"), ip("9.9.9.9"));
        assert_eq!(from("10.0.0.1", "nonsense"), ip("10.0.0.1"));
        assert_eq!(from("10.0.0.1", ""), ip("10.0.0.1"));
    }

    #[test]
    fn every_line_of_the_header_counts_and_the_last_most() {
        let trusted = ["10.0.0.1".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "6.6.6.6".parse().unwrap());
        headers.append("x-forwarded-for", "9.9.9.9, 10.0.0.1".parse().unwrap());
        let from = client(trusted[0], &forwarded(&headers), &trusted);
        assert_eq!(from, "9.9.9.9".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn an_address_is_the_same_in_both_of_its_forms() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let from = |peer, forwarded, ours| client(ip(peer), forwarded, &[ip(ours)]);
        let (plain, mapped) = ("10.0.0.1", "::ffff:10.0.0.1");
        assert_eq!(from(mapped, "::ffff:1.2.3.4", plain), ip("1.2.3.4"));
        assert_eq!(from(plain, "1.2.3.4", mapped), ip("1.2.3.4"));
        assert_eq!(from("::ffff:1.2.3.4", "", plain), ip("1.2.3.4"));
    }
}
