//! The best way to a page of ours for somebody who is outside of WeChat.

use chrono::{DateTime, Duration, Utc};

use super::{Clients, Ctx};
use crate::secret::token_hash;

/// The longest life of a URL link.
const MOST_DAYS: i64 = 30;

/// A page that is opened by whoever holds its token.
#[derive(Clone, Copy)]
pub enum Shared<'a> {
    Pass(&'a str),
    Invitation(&'a str),
}

/// A link to give away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    /// From then on it leads nowhere; none when it lasts as long as the page.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Clients {
    /// A URL link into the mini-program that lasts until `until` if it may, where the mini-program has
    /// such a page; else, and when WeChat does not make one, the page's own link.
    pub async fn best_link(&self, ctx: &Ctx, shared: Shared<'_>, until: DateTime<Utc>) -> Link {
        let (path, page, token) = match shared {
            Shared::Pass(token) => (format!("/p/{token}"), &ctx.policy.pass_page, token),
            Shared::Invitation(token) => {
                (format!("/i/{token}"), &ctx.policy.invitation_page, token)
            }
        };
        let own = Link {
            url: ctx.link(&path),
            expires_at: None,
        };
        let Some(page) = page else { return own };
        let now = ctx.clock.now();
        let key = token_hash(&path);
        if let Some((url, end)) = ctx.caches.links.get(&key).filter(|(_, end)| now < *end) {
            let expires_at = Some(end);
            return Link { url, expires_at };
        }
        // Rounded up: a link that outlives its page leads to a page that says so.
        let days = ((until - now).num_hours() / 24 + 1).clamp(1, MOST_DAYS);
        let asked = u32::try_from(days).unwrap_or(1);
        let made = self
            .mini
            .url_link(page, &format!("token={token}"), asked)
            .await;
        self.health.note("mini_program", &made);
        match made {
            Ok(url) => {
                let end = now + Duration::days(days);
                ctx.caches.links.insert(key, (url.clone(), end));
                let expires_at = Some(end);
                Link { url, expires_at }
            }
            Err(error) => {
                tracing::warn!(%error, "no link into the mini-program could be made");
                own
            }
        }
    }
}
