//! A real peer for the tests of calls: a small server on this machine.

use axum::Router;
use tokio::net::TcpListener;

/// Serves the router until the test ends; gives the base URL.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}
