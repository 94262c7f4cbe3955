//! The `[retention]` table: how long what is kept is kept.

use chrono::Duration;

use super::read::Reader;
use super::sections::Retention;

/// Six months are 184 days at most. 网络安全法 第二十一条 has logs kept for as long.
const SIX_MONTHS: i64 = 184;
/// Whoever keeps something for ten years keeps it for good.
const TEN_YEARS: i64 = 3660;

pub fn retention(r: &mut Reader) -> Option<Retention> {
    let visits = days(r, "visits", 1);
    let passages = days(r, "passages", 1);
    let audit = days(r, "audit", SIX_MONTHS);
    let messages = days(r, "messages", 1);
    let sessions = days(r, "sessions", 1);
    let idempotency = days(r, "idempotency", 1);
    let hits = days(r, "blacklist_hits", 1);
    let blacklist = days(r, "blacklist", 1);
    Some(Retention {
        visits: visits?,
        passages: passages?,
        audit: audit?,
        messages: messages?,
        sessions: sessions?,
        idempotency: idempotency?,
        hits: hits?,
        blacklist: blacklist?,
    })
}

fn days(r: &mut Reader, key: &str, fewest: i64) -> Option<Duration> {
    r.read(&format!("retention.{key}_days"), |text| {
        let days = text
            .parse()
            .ok()
            .filter(|days| (fewest..=TEN_YEARS).contains(days));
        days.map(Duration::days)
            .ok_or_else(|| format!("must be {fewest} to {TEN_YEARS} days"))
    })
}
