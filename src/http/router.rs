//! Every route, and the layers around them.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use super::admin;
use super::guest::{
    choices, invitations, own as mine, passes, photos, registrations, residents, subscriptions,
    visits,
};
use super::lists::MOST_BYTES;
use super::observe::Around;
use super::problem::Problem;
use super::staff::{
    approvals, colleagues, delegations, groups, invitations as own, me, readers as shared, trays,
};
use super::state::Site;
use super::{
    cas, gate, guard, jssdk, login, login_codes, mini, oauth, observe, operators, pages, sms,
    wechat, wecom,
};

#[derive(OpenApi)]
#[openapi(info(
    title = "campus-pass",
    description = "访客预约进校: the API of the mini-program and the pages. Ids are strings; times are \
        RFC 3339 at +08:00; problems are application/problem+json with stable codes."
))]
struct Document;

/// The largest body of a JSON request or a delivery: texts and ids.
const MOST_TEXT: usize = 64 * 1024;
/// What a form adds around a picture.
const FORM: usize = 16 * 1024;

/// How long a whole request may take, its body included. Whoever waits longer has gone, and what they
/// asked for would hold a connection to the database for nobody.
const PATIENCE: Duration = Duration::from_secs(30);

fn api() -> OpenApiRouter<Site> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(login::mini))
        .routes(routes!(login::me))
        .routes(routes!(login_codes::send))
        .routes(routes!(login_codes::log_in))
        .routes(routes!(login::phone))
        .routes(routes!(mine::export))
        .routes(routes!(mine::leave))
        .routes(routes!(login::logout))
        .routes(routes!(login::logout_everywhere))
        .routes(routes!(jssdk::sign))
        .routes(routes!(choices::hosts))
        .routes(routes!(choices::hosts_for_staff))
        .routes(routes!(choices::areas))
        .routes(routes!(choices::reasons))
        .routes(routes!(visits::book, visits::list))
        .routes(routes!(visits::find, visits::correct))
        .routes(routes!(visits::withdraw))
        .routes(routes!(visits::submit))
        .routes(routes!(visits::extend))
        .routes(routes!(visits::close))
        .routes(routes!(registrations::register, registrations::list))
        .routes(routes!(registrations::correct))
        .routes(routes!(residents::find))
        .routes(routes!(residents::expect))
        .routes(routes!(residents::disown))
        .routes(routes!(invitations::find))
        .routes(routes!(invitations::picture))
        .routes(routes!(invitations::link))
        .routes(routes!(invitations::accept))
        .routes(routes!(passes::pass))
        .routes(routes!(passes::link))
        .routes(routes!(photos::show, photos::withdraw))
        .routes(routes!(photos::show_to_staff, photos::withdraw_by_staff))
        .routes(routes!(photos::withdraw_face))
        .routes(routes!(passes::by_code))
        .routes(routes!(subscriptions::list, subscriptions::tell))
        .routes(routes!(me::show))
        .routes(routes!(trays::list))
        .routes(routes!(trays::counts))
        .routes(routes!(approvals::find))
        .routes(routes!(approvals::photo))
        .routes(routes!(approvals::approve))
        .routes(routes!(approvals::reject))
        .routes(routes!(approvals::return_))
        .routes(routes!(shared::share))
        .routes(routes!(shared::unshare))
        .routes(routes!(delegations::make, delegations::list))
        .routes(routes!(delegations::end))
        .routes(routes!(colleagues::find))
        .routes(routes!(own::invite, own::list))
        .routes(routes!(own::visitors_template))
        .routes(routes!(own::find, own::correct))
        .routes(routes!(own::submit))
        .routes(routes!(own::withdraw))
        .routes(routes!(own::extend))
        .routes(routes!(own::close))
        .routes(routes!(groups::apply, groups::list))
        .routes(routes!(groups::plates_template))
        .routes(routes!(groups::find, groups::correct))
        .routes(routes!(groups::withdraw))
        .routes(routes!(groups::pass))
        .routes(routes!(groups::save_pass))
        .merge(at_gates())
        .merge(console())
}

/// 门岗.
fn at_gates() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(guard::gates))
        .routes(routes!(guard::look_up))
        .routes(routes!(guard::check))
        .routes(routes!(guard::let_through))
        .routes(routes!(guard::inside))
}

/// The console.
fn console() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(admin::figures::show))
        .routes(routes!(admin::visits::list))
        .routes(routes!(admin::visits::find))
        .routes(routes!(admin::groups::list))
        .routes(routes!(admin::groups::pass))
        .routes(routes!(admin::groups::save_pass))
        .routes(routes!(admin::registrations::list))
        .routes(routes!(admin::imports::template))
        .routes(routes!(admin::people::list))
        .routes(routes!(admin::vehicles::list))
        .routes(routes!(admin::blacklist::add, admin::blacklist::list))
        .routes(routes!(admin::blacklist::lift))
        .routes(routes!(admin::routes::add, admin::routes::list))
        .routes(routes!(admin::routes::change, admin::routes::remove))
        .routes(routes!(admin::routes::order))
        .routes(routes!(admin::readers::add, admin::readers::list))
        .routes(routes!(admin::readers::revoke))
        .routes(routes!(admin::areas::add, admin::areas::list))
        .routes(routes!(admin::areas::save))
        .routes(routes!(admin::reasons::add, admin::reasons::list))
        .routes(routes!(admin::reasons::save))
        .routes(routes!(admin::departments::add, admin::departments::list))
        .routes(routes!(admin::departments::save))
        .routes(routes!(admin::staff::add, admin::staff::list))
        .routes(routes!(admin::staff::save))
        .routes(routes!(admin::staff::leave))
        .routes(routes!(admin::residents::add, admin::residents::list))
        .routes(routes!(admin::residents::remove))
        .routes(routes!(admin::gates::add, admin::gates::list))
        .routes(routes!(admin::gates::save))
        .routes(routes!(admin::devices::add))
        .routes(routes!(admin::devices::save))
        .routes(routes!(admin::devices::rotate))
        .routes(routes!(admin::devices::revoke))
        .routes(routes!(admin::passages::list))
        .routes(routes!(admin::messages::list))
        .routes(routes!(admin::messages::resend))
        .routes(routes!(admin::audit::list))
        .routes(routes!(admin::audit::acts))
        .routes(routes!(admin::reveal::reveal))
}

/// A hundred people with everything that they carry.
const MOST_PEOPLE: usize = 256 * 1024;

/// The route that takes many people, whose limit is another.
fn proxies() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(own::proxy))
}

/// The routes that take pictures, whose limit is another.
fn uploads() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(photos::upload))
        .routes(routes!(photos::upload_by_staff))
}

/// The routes that read and write long lists, whose limits are others.
fn lists() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(groups::read_plates))
        .routes(routes!(own::read_visitors))
        .routes(routes!(admin::imports::import))
        .routes(routes!(admin::visits::export))
        .routes(routes!(admin::groups::export))
        .routes(routes!(admin::registrations::export))
        .routes(routes!(admin::people::export))
        .routes(routes!(admin::vehicles::export))
        .routes(routes!(admin::passages::export))
        .routes(routes!(admin::messages::export))
        .routes(routes!(admin::audit::export))
        .routes(routes!(admin::blacklist::export))
        .routes(routes!(admin::residents::export))
        .routes(routes!(admin::staff::export))
}

/// How long a list may take: the longest are fifty thousand rows, and whoever sends one waits.
const LISTS_PATIENCE: Duration = Duration::from_mins(5);

/// A provider gathers reports, so a list of them may be longer than other texts.
fn sms_reports() -> Router<Site> {
    Router::new()
        .route("/sms/tencent/report/{key}", post(sms::tencent))
        .route("/sms/aliyun/report/{key}", post(sms::aliyun))
        .layer(DefaultBodyLimit::max(sms::MOST_REPORTS))
}

/// Readers that cannot sign, at whatever path behind their key they are built to ask.
fn readers() -> Router<Site> {
    Router::new()
        .route("/gate/{dialect}/{key}", any(gate::ask))
        .route("/gate/{dialect}/{key}/{*rest}", any(gate::ask))
        .layer(DefaultBodyLimit::max(gate::MOST_OF_A_READER))
}

/// What a gate kept in a night without a network is longer than other texts.
fn offline_passages() -> Router<Site> {
    Router::new()
        .route("/gate/v1/passages", post(gate::passages))
        .layer(DefaultBodyLimit::max(gate::MOST_BYTES))
}

/// The API's OpenAPI document, without starting anything.
#[must_use]
pub fn api_document() -> utoipa::openapi::OpenApi {
    let others = proxies().merge(uploads()).merge(lists());
    api().merge(others).split_for_parts().1
}

/// The whole service; `sandbox` is the outside world in a box, in sandbox mode.
pub fn router(site: Site, sandbox: Option<Router>) -> Router {
    let photos = uploads().layer(DefaultBodyLimit::max(site.ctx.photos.max_bytes() + FORM));
    let proxies = proxies().layer(DefaultBodyLimit::max(MOST_PEOPLE));
    let others = proxies.merge(photos);
    let (api, mut document) = api().merge(others).split_for_parts();
    let (lists, of_lists) = lists()
        .layer(DefaultBodyLimit::max(MOST_BYTES + FORM))
        .split_for_parts();
    document.merge(of_lists);
    let plain = Router::new()
        .route("/wechat", get(wechat::test).post(wechat::receive))
        .route("/mini", get(mini::test).post(mini::receive))
        .route("/wecom", get(wecom::test).post(wecom::receive))
        .merge(sms_reports())
        .merge(readers())
        .route("/login/wechat", get(oauth::wechat))
        .route("/login/wechat/callback", get(oauth::wechat_back))
        .route("/login/wecom", get(oauth::wecom))
        .route("/login/wecom/callback", get(oauth::wecom_back))
        .route("/login/cas", get(cas::start))
        .route("/login/cas/callback", get(cas::back))
        .route("/gate/v1/verify", post(gate::verify))
        .route("/gate/v1/passed", post(gate::passed))
        .route("/gate/v1/heartbeat", post(gate::heartbeat))
        .route("/gate/v1/list", get(gate::list))
        .route("/gate/v1/keys", get(gate::keys))
        .merge(offline_passages())
        .route("/healthz", get(operators::healthz))
        .route("/readyz", get(operators::readyz))
        .route("/h5", get(pages::h5))
        .route("/h5/{*rest}", get(pages::h5))
        .route("/admin", get(pages::admin))
        .route("/admin/{*rest}", get(pages::admin))
        .route("/p", get(pages::link))
        .route("/p/{token}", get(pages::link))
        .route("/i/{token}", get(pages::link))
        .route("/r/{token}", get(pages::link))
        .route("/assets/{name}", get(pages::asset));
    let around = Around::new(&site.ctx.entropy, PATIENCE);
    let lists = lists
        .with_state(site.clone())
        .method_not_allowed_fallback(async || Problem::method());
    let lists = surround(lists, around.patient(LISTS_PATIENCE));
    let whole = plain
        .merge(api)
        .with_state(site)
        .merge(SwaggerUi::new("/api/docs").url("/api/openapi.json", document))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method());
    let bounded = surround(whole, around.clone()).merge(lists);
    let Some(sandbox) = sandbox else {
        return bounded;
    };
    let sandbox = Router::new()
        .route("/sandbox", get(pages::sandbox))
        .route("/sandbox/mini", get(pages::mini_program))
        .nest("/sandbox", sandbox);
    // It hangs on purpose, to play an outside that does.
    bounded.merge(surround(sandbox, around.unbounded()))
}

/// Puts around every route what every request needs.
fn surround(routes: Router, around: Around) -> Router {
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(around, observe::around))
        .layer(CatchPanicLayer::custom(|_| {
            tracing::error!("a handler panicked");
            Problem::failure().into_response()
        }))
        .layer(DefaultBodyLimit::max(MOST_TEXT));
    routes.layer(layers)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use axum::http::StatusCode;
    use tower::ServiceExt;

    use super::*;
    use crate::entropy::Entropy;

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_a_problem() {
        let whole: Router = Router::new()
            .route("/slow", get(std::future::pending::<()>))
            .route("/quick", get(async || "done"));
        let whole = surround(whole, Around::new(&Entropy::System, Duration::ZERO));
        let ask = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = whole.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), 1000).await;
            (status, String::from_utf8(body.unwrap().into()).unwrap())
        };
        let (status, body) = ask("/slow").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains(r#""code":"timeout""#), "{body}");
        assert_eq!(ask("/quick").await, (StatusCode::OK, "done".to_owned()));
    }
}
