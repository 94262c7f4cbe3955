//! Where a request comes from: the connection, or what a proxy of ours says of it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

use super::state::Site;

/// The client's address.
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<Site> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
        let forwarded = parts
            .headers
            .get("x-forwarded-for")
            .and_then(|v| v.to_str().ok());
        Ok(Self(client(peer, forwarded, &site.doors.trusted_proxies)))
    }
}

/// From the right, the first address that is no proxy of ours; what stands further left was written
/// by the client.
fn client(peer: IpAddr, forwarded: Option<&str>, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let hops = forwarded
        .unwrap_or_default()
        .rsplit(',')
        .map_while(|hop| hop.trim().parse().ok());
    hops.into_iter()
        .find(|hop| !trusted.contains(hop))
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
        assert_eq!(from("1.2.3.4", Some("9.9.9.9")), ip("1.2.3.4"));
        assert_eq!(from("10.0.0.1", Some("6.6.6.6, 9.9.9.9")), ip("9.9.9.9"));
        assert_eq!(from("10.0.0.1", Some("9.9.9.9, 10.0.0.2")), ip("9.9.9.9"));
        assert_eq!(from("10.0.0.1", Some("nonsense")), ip("10.0.0.1"));
        assert_eq!(from("10.0.0.1", None), ip("10.0.0.1"));
    }
}
