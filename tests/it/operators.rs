//! What an operator sees: figures, numbers of requests, the document of the API.

use std::collections::HashSet;

use axum::body::Body;
use axum::http::Request;
use insta::assert_snapshot;
use tokio::net::TcpListener;

use crate::harness::{App, Database, Service, client};

async fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test]
async fn figures_have_a_listener_of_their_own_and_name_routes_but_no_link() {
    let database = Database::new().await;
    let (site, figures) = (free_address().await, free_address().await);
    let settings = [
        ("DATABASE__URL", database.text()),
        ("SERVER__LISTEN", site.clone()),
        ("SERVER__PUBLIC_URL", format!("http://{site}")),
        ("SERVER__METRICS_LISTEN", figures.clone()),
        (
            "PHOTOS__FOLDER",
            database.folder().join("photos").display().to_string(),
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value));
    let service = Service::start(&settings).await;
    let http = client();
    let get = async |address: &str, path: &str| {
        let answer = http.get(format!("http://{address}{path}")).send().await;
        let answer = answer.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get(&site, "/healthz").await, (200, "ok".to_owned()));
    assert_eq!(get(&site, "/p/aSecretLinksToken12345").await.0, 200);
    assert_eq!(get(&site, "/metrics").await.0, 404);

    let (status, text) = get(&figures, "/metrics").await;
    assert_eq!(status, 200);
    let counted = |route: &str, status: u16| {
        let line = format!(
            "campus_pass_request_seconds_count{{method=\"GET\",route=\"{route}\",status=\"{status}\"}} 1"
        );
        assert!(text.contains(&line), "{line} is not in\n{text}");
    };
    counted("/healthz", 200);
    counted("/p/{token}", 200);
    counted("(none)", 404);
    assert!(!text.contains("aSecretLinksToken"), "{text}");
    assert_eq!(get(&figures, "/healthz").await.0, 404);

    service.ask_to_stop();
    assert!(service.stopped().await.success());
    database.drop().await;
}

#[tokio::test]
async fn every_answer_carries_its_own_number_and_a_problem_says_it() {
    let app = App::start().await;
    let mut numbers = HashSet::new();
    for path in ["/healthz", "/api/areas", "/nowhere", "/api/visits"] {
        let claimed = Request::get(path).header("x-request-id", "made-up");
        let answer = app.send(claimed.body(Body::empty()).unwrap()).await;
        let number = answer.header("x-request-id").to_owned();
        if answer.status.is_client_error() {
            assert_eq!(answer.json()["request_id"], number.as_str(), "{path}");
        }
        assert_ne!(number, "made-up");
        assert!(number.len() > 16, "{number}");
        assert!(numbers.insert(number), "{path} has a number of another");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_api_is_described_and_the_description_can_be_read() {
    let app = App::start().await;
    let document = app.get("/api/openapi.json").await.expect(200);
    assert_eq!(document["info"]["title"], "campus-pass");
    for (path, methods) in document["paths"].as_object().unwrap() {
        let asked = path.replace("{id}", "1").replace("{visit}", "1");
        for method in methods.as_object().unwrap().keys() {
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&asked);
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            let there = answer.status != 405 && !answer.text().contains(r#""title":"Not Found""#);
            assert!(
                there || path.contains('{'),
                "{method} {path}: {}",
                answer.text()
            );
        }
    }
    assert_snapshot!(app.get("/api/docs").await.header("location"), @"/api/docs/");
    let page = app.get("/api/docs/").await;
    assert!(page.text().contains("swagger-ui"), "{}", page.text());
    let script = app.get("/api/docs/swagger-initializer.js").await;
    assert!(
        script.text().contains("/api/openapi.json"),
        "{}",
        script.text()
    );
    app.finish().await;
}
