//! A database for one test: a SQLite file, or one on the server that `CAMPUS_PASS_TEST_POSTGRES` names.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use campus_pass::config::DatabaseUrl;
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// The database and the folder of one test. [`Database::drop`] removes both; a test that fails leaves
/// them to look into.
pub struct Database {
    folder: PathBuf,
    /// The server's URL and the database's name on it.
    server: Option<(String, String)>,
}

static MADE: AtomicU32 = AtomicU32::new(0);

impl Database {
    pub async fn new() -> Self {
        let number = MADE.fetch_add(1, Ordering::SeqCst);
        let name = format!("story_{}_{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let server = server().map(|server| (server, name));
        if let Some((server, name)) = &server {
            let admin = sea_orm::Database::connect(server).await.unwrap();
            run(&admin, &format!("drop database if exists {name}")).await;
            run(&admin, &format!("create database {name}")).await;
            admin.close().await.unwrap();
        }
        Self { folder, server }
    }

    /// As it stands in the settings.
    pub fn text(&self) -> String {
        match &self.server {
            None => format!("sqlite://{}", self.folder.join("campus.db").display()),
            Some((server, name)) => {
                let (host, _) = server.rsplit_once('/').expect("a URL with a database");
                format!("{host}/{name}")
            }
        }
    }

    pub fn url(&self) -> DatabaseUrl {
        self.text().parse().unwrap()
    }

    /// Where the test may keep files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// A connection that may do anything.
    pub async fn connect(&self) -> DatabaseConnection {
        let mode = if self.is_postgres() { "" } else { "?mode=rwc" };
        let url = format!("{}{mode}", self.text());
        sea_orm::Database::connect(url).await.unwrap()
    }

    /// Removes it and its folder.
    pub async fn drop(self) {
        if let Some((server, name)) = &self.server {
            let admin = sea_orm::Database::connect(server).await.unwrap();
            run(&admin, &format!("drop database {name} with (force)")).await;
            admin.close().await.unwrap();
        }
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

async fn run(admin: &DatabaseConnection, statement: &str) {
    admin.execute_unprepared(statement).await.unwrap();
}

fn server() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one variable that chooses the database of the tests"
    )]
    std::env::var("CAMPUS_PASS_TEST_POSTGRES").ok()
}
