//! Access tokens and one-use codes: the two things that the outside hands out and takes back.

use chrono::{DateTime, Duration, Utc};

use crate::entropy::Entropy;

/// How long a token lives.
pub(super) const TOKEN_SECONDS: i64 = 7200;
/// WeChat hands out a new one when less than this is left (获取稳定版接口调用凭据, 其他说明).
const RENEWED_BEFORE: Duration = Duration::minutes(5);
/// Forced refreshes a day, and the pause between two of them, from the same page.
const FORCED_A_DAY: usize = 20;
const FORCED_APART: Duration = Duration::seconds(30);
/// A login code lives five minutes.
const CODE_LIFE: Duration = Duration::minutes(5);

/// The tokens of every app. An old one works until its own end, beside its successor.
#[derive(Default)]
pub(super) struct Tokens {
    issued: Vec<Token>,
    forced: Vec<(String, DateTime<Utc>)>,
}

struct Token {
    app: String,
    value: String,
    expires_at: DateTime<Utc>,
}

/// Why a token is not accepted; each provider has its own numbers for these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenFault {
    Missing,
    Unknown,
    Expired,
}

/// The day's forced refreshes are used up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct QuotaUsedUp;

impl Tokens {
    /// The app's token and the seconds it still lives; a new one when it is near its end.
    pub(super) fn current(
        &mut self,
        app: &str,
        now: DateTime<Utc>,
        entropy: &Entropy,
    ) -> (String, i64) {
        self.issued
            .retain(|token| token.expires_at > now - Duration::days(1));
        let newest = self.issued.iter().rev().find(|token| token.app == app);
        match newest.filter(|token| token.expires_at - now > RENEWED_BEFORE) {
            Some(token) => (token.value.clone(), (token.expires_at - now).num_seconds()),
            None => self.issue(app, now, entropy),
        }
    }

    /// A new token at once; what the app had before is worthless.
    pub(super) fn forced(
        &mut self,
        app: &str,
        now: DateTime<Utc>,
        entropy: &Entropy,
    ) -> Result<(String, i64), QuotaUsedUp> {
        let today = now - Duration::days(1);
        self.forced.retain(|(_, at)| *at > today);
        let mine = || self.forced.iter().filter(|(forced, _)| forced == app);
        if mine().any(|(_, at)| now - *at < FORCED_APART) {
            return Ok(self.current(app, now, entropy));
        }
        if mine().count() >= FORCED_A_DAY {
            return Err(QuotaUsedUp);
        }
        self.forced.push((app.to_owned(), now));
        self.revoke(app);
        Ok(self.issue(app, now, entropy))
    }

    pub(super) fn check(
        &self,
        app: &str,
        given: &str,
        now: DateTime<Utc>,
    ) -> Result<(), TokenFault> {
        if given.is_empty() {
            return Err(TokenFault::Missing);
        }
        let known = self
            .issued
            .iter()
            .find(|token| token.app == app && token.value == given);
        match known {
            None => Err(TokenFault::Unknown),
            Some(token) if token.expires_at <= now => Err(TokenFault::Expired),
            Some(_) => Ok(()),
        }
    }

    /// Makes every token of the app worthless, as a refresh elsewhere with the old API would.
    pub(super) fn revoke(&mut self, app: &str) {
        self.issued.retain(|token| token.app != app);
    }

    fn issue(&mut self, app: &str, now: DateTime<Utc>, entropy: &Entropy) -> (String, i64) {
        let value = format!("{}{}", entropy.token(), entropy.token());
        self.issued.push(Token {
            app: app.to_owned(),
            value: value.clone(),
            expires_at: now + Duration::seconds(TOKEN_SECONDS),
        });
        (value, TOKEN_SECONDS)
    }
}

/// Codes that stand for a person once, for five minutes.
#[derive(Default)]
pub(super) struct Codes(Vec<Code>);

struct Code {
    value: String,
    /// What the code is good for: an app's login, or a card to be updated.
    purpose: String,
    whose: String,
    issued_at: DateTime<Utc>,
    used: bool,
}

/// Why a code is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeFault {
    Unknown,
    Used,
}

impl Codes {
    pub(super) fn issue(
        &mut self,
        purpose: &str,
        whose: &str,
        now: DateTime<Utc>,
        entropy: &Entropy,
    ) -> String {
        let value = entropy.token();
        self.0.push(Code {
            value: value.clone(),
            purpose: purpose.to_owned(),
            whose: whose.to_owned(),
            issued_at: now,
            used: false,
        });
        value
    }

    /// Uses a login code up and says whose it was.
    pub(super) fn take(
        &mut self,
        purpose: &str,
        value: &str,
        now: DateTime<Utc>,
    ) -> Result<String, CodeFault> {
        self.take_within(CODE_LIFE, purpose, value, now)
    }

    /// The same for a code with a life of its own.
    pub(super) fn take_within(
        &mut self,
        life: Duration,
        purpose: &str,
        value: &str,
        now: DateTime<Utc>,
    ) -> Result<String, CodeFault> {
        let fits = |code: &&mut Code| code.purpose == purpose && code.value == value;
        let code = self.0.iter_mut().find(fits).ok_or(CodeFault::Unknown)?;
        if code.used {
            return Err(CodeFault::Used);
        }
        if now - code.issued_at > life {
            return Err(CodeFault::Unknown);
        }
        code.used = true;
        Ok(code.whose.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_token_stays_until_five_minutes_before_its_end_and_then_overlaps() {
        let (mut tokens, entropy) = (Tokens::default(), Entropy::seeded(1));
        let (first, lives) = tokens.current("wx", at(0), &entropy);
        assert_eq!(lives, 7200);
        assert_eq!(
            tokens.current("wx", at(6899), &entropy),
            (first.clone(), 301)
        );

        let (second, lives) = tokens.current("wx", at(6900), &entropy);
        assert_ne!(second, first);
        assert_eq!(lives, 7200);
        assert_eq!(tokens.check("wx", &first, at(7199)), Ok(()));
        assert_eq!(
            tokens.check("wx", &first, at(7200)),
            Err(TokenFault::Expired)
        );
        assert_eq!(tokens.check("wx", &second, at(7200)), Ok(()));
        assert_eq!(
            tokens.check("other", &second, at(7200)),
            Err(TokenFault::Unknown)
        );
        assert_eq!(tokens.check("wx", "", at(7200)), Err(TokenFault::Missing));
    }

    #[test]
    fn a_forced_refresh_kills_the_old_token_twenty_times_a_day() {
        let (mut tokens, entropy) = (Tokens::default(), Entropy::seeded(1));
        let (first, _) = tokens.current("wx", at(0), &entropy);
        let (second, _) = tokens.forced("wx", at(0), &entropy).unwrap();
        assert_eq!(tokens.check("wx", &first, at(1)), Err(TokenFault::Unknown));
        assert_eq!(tokens.forced("wx", at(29), &entropy).unwrap().0, second);
        for n in 1..20 {
            assert!(tokens.forced("wx", at(n * 30), &entropy).is_ok(), "{n}");
        }
        assert_eq!(tokens.forced("wx", at(20 * 30), &entropy), Err(QuotaUsedUp));
        assert!(tokens.forced("wx", at(86_401), &entropy).is_ok());
    }

    #[test]
    fn a_code_works_once_for_five_minutes_and_for_its_purpose() {
        let (mut codes, entropy) = (Codes::default(), Entropy::seeded(1));
        let code = codes.issue("wx", "o1", at(0), &entropy);
        assert_eq!(codes.take("mini", &code, at(1)), Err(CodeFault::Unknown));
        assert_eq!(codes.take("wx", &code, at(300)), Ok("o1".to_owned()));
        assert_eq!(codes.take("wx", &code, at(300)), Err(CodeFault::Used));
        let late = codes.issue("wx", "o1", at(0), &entropy);
        assert_eq!(codes.take("wx", &late, at(301)), Err(CodeFault::Unknown));
    }
}
