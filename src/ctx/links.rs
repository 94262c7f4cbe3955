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

impl Shared<'_> {
    /// Its path here, and its page in the mini-program, where that has one.
    fn places<'a>(&self, ctx: &'a Ctx) -> (String, Option<&'a str>) {
        let policy = &ctx.policy;
        match self {
            Self::Pass(token) => (format!("/p/{token}"), policy.pass_page.as_deref()),
            Self::Invitation(token) => (format!("/i/{token}"), policy.invitation_page.as_deref()),
        }
    }

    fn token(&self) -> &str {
        match self {
            Self::Pass(token) | Self::Invitation(token) => token,
        }
    }
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
        let (path, page) = shared.places(ctx);
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
            .url_link(page, &format!("token={}", shared.token()), asked)
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

    /// A mini-program code (小程序码), as a picture, for a page that the mini-program has. None when it has no
    /// such page or WeChat does not draw it; the QR of the page's own link then does as well.
    pub async fn code(&self, ctx: &Ctx, shared: Shared<'_>) -> Option<Vec<u8>> {
        let (_, page) = shared.places(ctx);
        let drawn = self.mini.draw_code(shared.token(), page?).await;
        self.health.note("mini_program", &drawn);
        drawn
            .inspect_err(|error| tracing::warn!(%error, "no mini-program code could be drawn"))
            .ok()
    }
}
