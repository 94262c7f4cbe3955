//! What a page inside WeChat needs to use WeChat's JS-SDK: to scan, to choose a picture, to share.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Json, Query};
use super::problem::{Problem, ProblemOut};
use super::session::LoggedIn;
use super::state::Site;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The page's own address, a page of this site: `location.href`. What follows a `#` does not count.
    url: String,
}

/// What `wx.config` wants.
#[derive(Serialize, ToSchema)]
pub struct PageSignatureOut {
    app_id: String,
    /// Seconds since 1970.
    timestamp: i64,
    nonce: String,
    signature: String,
}

/// Signs a page for WeChat's JS-SDK
#[utoipa::path(get, path = "/api/jssdk", tag = "login", params(PageQuery),
    responses((status = 200, body = PageSignatureOut), (status = 401, body = ProblemOut),
        (status = 422, body = ProblemOut), (status = 503, body = ProblemOut)))]
pub async fn sign(
    State(site): State<Site>,
    _: LoggedIn,
    Query(PageQuery { url }): Query<PageQuery>,
) -> Result<Json<PageSignatureOut>, Problem> {
    // For others' pages our name would vouch.
    if !is_own_page(&url, &site.ctx.policy.public_url) {
        return Err(Problem::field("url", "url_foreign", "只能为本站页面签名"));
    }
    let (entropy, now) = (&site.ctx.entropy, site.ctx.clock.now());
    let signed = site.clients.account.sign_page(&url, entropy, now).await;
    site.clients.health.note("official_account", &signed);
    let signed = signed.map_err(|error| {
        tracing::error!(%error, "there is no ticket to sign pages with");
        Problem::wechat_unavailable()
    })?;
    Ok(Json(PageSignatureOut {
        app_id: signed.app_id,
        timestamp: signed.timestamp,
        nonce: signed.nonce_str,
        signature: signed.signature,
    }))
}

/// `https://campus.example.evil.example` begins with `https://campus.example`, too.
fn is_own_page(url: &str, public_url: &str) -> bool {
    url.strip_prefix(public_url)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::is_own_page;

    #[test]
    fn only_pages_of_this_site_are_signed() {
        let site = "https://visit.example.edu.cn";
        for own in ["", "/", "/h5/book?x=1#there", "?x", "#x"] {
            assert!(is_own_page(&format!("{site}{own}"), site), "{own}");
        }
        for foreign in [
            "https://visit.example.edu.cn.evil.example/",
            "https://visit.example.edu.cn@evil.example/",
            "https://visit.example.edu.cn:8443/",
            "http://visit.example.edu.cn/",
            "/h5",
            "",
        ] {
            assert!(!is_own_page(foreign, site), "{foreign}");
        }
    }
}
