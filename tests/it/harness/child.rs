//! The program itself, as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A command of the program: its settings are its environment alone.
pub fn command(arguments: &[&str], settings: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_campus-pass"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_TARGET_TMPDIR"));
    for (key, value) in settings {
        command.env(format!("CAMPUS_PASS__{key}"), value);
    }
    command.env("RUST_LOG", "info").stdin(Stdio::null());
    command
}

/// Runs a command to its end: exit code, standard output and standard error.
pub fn run(arguments: &[&str], settings: &[(&str, &str)]) -> (i32, String, String) {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let settings: Vec<_> = settings.iter().map(own).collect();
    let Output {
        status,
        stdout,
        stderr,
    } = command(arguments, &settings).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// A running service, killed when it is dropped.
pub struct Service {
    child: Child,
    log: UnboundedReceiver<String>,
}

impl Service {
    /// Starts it and waits until it listens.
    pub async fn start(settings: &[(String, String)]) -> Self {
        let mut command = command(&["serve"], settings);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = child.stderr.take().map(BufReader::new).unwrap();
        let log = follow(lines);
        let mut service = Self { child, log };
        service.says("listening").await;
        service
    }

    /// Waits for a line of the log.
    pub async fn says(&mut self, words: &str) {
        let mut before = Vec::new();
        while let Some(line) = self.log.recv().await {
            if line.contains(words) {
                return;
            }
            before.push(line);
        }
        panic!(
            "the service ended without saying {words:?}:\n{}",
            before.join("\n")
        );
    }

    /// SIGKILL: no time for anything.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM: asked to stop.
    pub fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(told.unwrap().success());
    }

    /// Waits until it has stopped.
    pub async fn stopped(mut self) -> ExitStatus {
        while self.log.recv().await.is_some() {}
        self.child.wait().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a pipe, which is read to its end so that the writer never waits.
fn follow(lines: BufReader<impl Read + Send + 'static>) -> UnboundedReceiver<String> {
    let (sender, log) = unbounded_channel();
    std::thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    log
}

/// The outside of the child: it has a door of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever calls the service is not the service"
)]
pub fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client.build().unwrap()
}
