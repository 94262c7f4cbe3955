//! CAS, the campus's single sign-on (统一身份认证), as protocol 3.0 has it: a browser is sent to
//! [`Cas::login_url`], comes back with a ticket, and [`Cas::validate`] says once whose it is.
//!
//! Proxy tickets and single logout are left out: nothing of ours acts for somebody at another
//! service, and our sessions end by themselves.
//!
//! Source: CAS Protocol 3.0 Specification 3.0.3,
//! <https://apereo.github.io/cas/7.1.x/protocol/CAS-Protocol-Specification.html>.

mod answer;

use reqwest::Method;

pub use answer::CasUser;

use crate::tencent::call::{CallError, Caller, percent_encoded};

/// A CAS server. A clone shares its connections.
#[derive(Clone, Debug)]
pub struct Cas {
    /// Up to the path before `/login`, without a slash at the end: `https://cas.example.edu.cn/cas`.
    pub base_url: String,
    pub caller: Caller,
}

/// Why a ticket names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CasError {
    /// The ticket is made up, spent or too old, or was issued for another service: somebody tries, or
    /// reloads.
    #[error("the ticket is not valid")]
    Ticket,
    /// Any other refusal, by its name in section 2.5.3, and what is no answer of CAS.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl Cas {
    /// Where a browser logs in to come back to `service` with a `ticket` in the query (section 2.1).
    #[must_use]
    pub fn login_url(&self, service: &str) -> String {
        let service = percent_encoded(service);
        format!("{}/login?service={service}", self.base_url)
    }

    /// Whose ticket it is, with what CAS tells of them (section 2.8). It works once; `service` must
    /// be what [`Cas::login_url`] was given, to the letter.
    ///
    /// # Errors
    /// [`CasError`].
    pub async fn validate(&self, service: &str, ticket: &str) -> Result<CasUser, CasError> {
        let query = [("service", service), ("ticket", ticket)];
        let request = self
            .caller
            .request(Method::GET, &self.base_url, "/p3/serviceValidate")
            .query(&query);
        let answer = self.caller.send(request).await?;
        if !answer.status.is_success() {
            return Err(CallError::of_status(answer.status).into());
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| CallError::Malformed)?;
        answer::read(text)
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::tencent::call::TimeOuts;
    use crate::tencent::peer::Scribe;

    /// The ticket and the service of the specification's examples (section 2.5.6).
    const TICKET: &str = "ST-1856339-aA5Yuvrxzpv8Tau1cYQ7";
    const SERVICE: &str = "http://www.example.org/service";

    #[tokio::test]
    async fn addresses_are_those_of_the_specifications_examples() {
        let failure = r#"<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
            <cas:authenticationFailure code="INVALID_TICKET">
            Ticket ST-1856339-aA5Yuvrxzpv8Tau1cYQ7 not recognized
            </cas:authenticationFailure></cas:serviceResponse>"#;
        let scribe = Scribe::answering(&[("/cas/p3/serviceValidate", failure)]).await;
        let mut cas = Cas {
            base_url: format!("{}/cas", scribe.base),
            caller: Caller::new(TimeOuts::default()).unwrap(),
        };
        let refused = cas.validate(SERVICE, TICKET).await;
        assert_eq!(refused.err(), Some(CasError::Ticket));
        assert_snapshot!(scribe.last(), @"GET /cas/p3/serviceValidate?service=http%3A%2F%2Fwww.example.org%2Fservice&ticket=ST-1856339-aA5Yuvrxzpv8Tau1cYQ7");

        cas.base_url = "https://cas.example.org/cas".into();
        assert_eq!(
            cas.login_url(SERVICE),
            "https://cas.example.org/cas/login?service=http%3A%2F%2Fwww.example.org%2Fservice"
        );
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_or_no_cas_is_told_apart_from_a_bad_ticket() {
        let scribe = Scribe::answering(&[("/page/p3/serviceValidate", "<html></html>")]).await;
        let at = |path: &str| Cas {
            base_url: format!("{}{path}", scribe.base),
            caller: Caller::new(TimeOuts::default()).unwrap(),
        };
        let page = at("/page").validate(SERVICE, TICKET).await;
        assert_eq!(page.err(), Some(CasError::Call(CallError::Malformed)));
        let nowhere = at("/nowhere").validate(SERVICE, TICKET).await;
        assert!(matches!(
            nowhere.err(),
            Some(CasError::Call(CallError::Refused { .. }))
        ));
    }
}
