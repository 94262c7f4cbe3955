//! Real peers for the tests of calls: small servers on this machine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use tokio::net::TcpListener;

/// Serves the router until the test ends; gives the base URL.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

/// A peer that writes down what it is asked, and answers by path as it was told.
pub struct Scribe {
    pub base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug)]
pub struct Asked {
    /// `POST /path?query`.
    pub line: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Scribe {
    /// A path that is not among the answers is answered with 404.
    pub async fn answering(answers: &[(&str, &str)]) -> Self {
        let own = |(path, answer): &(&str, &str)| ((*path).to_owned(), (*answer).to_owned());
        let answers: HashMap<String, String> = answers.iter().map(own).collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let book = asked.clone();
        let answer = async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            book.lock().unwrap().push(Asked {
                line: format!("{method} {uri}"),
                headers,
                body: String::from_utf8(body.into()).unwrap(),
            });
            let answer = answers.get(uri.path()).cloned();
            answer.map_or((StatusCode::NOT_FOUND, String::new()), |text| {
                (StatusCode::OK, text)
            })
        };
        let base = serve(Router::new().fallback(answer)).await;
        Self { base, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What was asked last: its line and its body.
    pub fn last(&self) -> String {
        let asked = self.asked();
        let Asked { line, body, .. } = asked.last().unwrap();
        format!("{line}\n{body}").trim_end().to_owned()
    }
}
