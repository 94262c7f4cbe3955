//! What the operator can ask.

mod areas;
mod check;
mod demo;
mod devices;
mod gates;
mod keys;
mod list;
mod menu;
mod messages;
mod play;
mod reasons;
mod residents;
mod seed;
mod staff;
mod templates;
mod trace;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};

use crate::app::{self, Parts};
use crate::clock::Clock;
use crate::config::{self, Environment, Mode, Settings};
use crate::entropy::Entropy;
use crate::store::{self, Db};

/// 访客预约进校: the WeChat, WeCom and gate backend of a campus.
///
/// Without a command it serves. Settings come from wechat.toml in the current folder (or `--config`),
/// under the environment: `CAMPUS_PASS__SERVER__LISTEN=…`. Every key is explained in the wechat.toml that
/// comes with the program.
#[derive(Parser)]
#[command(name = "campus-pass", version)]
pub struct Cli {
    /// The settings' file; wechat.toml in the current folder when there is one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop (the default). In sandbox mode a new database gets invented people.
    Serve,
    /// Bring the database to this program's shape. Several may do so at once.
    Migrate,
    /// Name every fault of the settings, the menus and the message templates; exit 1 if there is one.
    Check,
    /// The Official Account's menu.
    #[command(subcommand)]
    Menu(menu::MenuCommand),
    /// The words of the messages.
    #[command(subcommand)]
    Templates(templates::TemplatesCommand),
    /// What is owed to the outside.
    #[command(subcommand)]
    Outbox(messages::OutboxCommand),
    /// The devices at the gates.
    #[command(subcommand)]
    Device(devices::DeviceCommand),
    /// The areas that people visit, and what may be applied for in each.
    #[command(subcommand)]
    Area(areas::AreaCommand),
    /// Why people come.
    #[command(subcommand)]
    Reason(reasons::ReasonCommand),
    /// The gates, and what hangs beside them.
    #[command(subcommand)]
    Gate(gates::GateCommand),
    /// Who works on campus.
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// Who lives in the residential quarter.
    #[command(subcommand)]
    Residents(residents::ResidentsCommand),
    /// The keys that seal, search and sign.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Play one visit through the running service over HTTP, from the menu to the gate, and print each
    /// step; exit 1 at the first wrong one. Sandbox mode only.
    Demo,
}

/// Does what the command line asks.
///
/// # Errors
/// What went wrong, for a person.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    let file = cli.config.or_else(|| {
        let here = PathBuf::from("wechat.toml");
        here.exists().then_some(here)
    });
    let environment = Environment::read()?;
    let settings = config::load(file.as_deref(), &environment);
    let command = cli.command.unwrap_or(Command::Serve);
    if let Command::Check = command {
        return check::check(settings, &config::words(file.as_deref(), &environment));
    }
    if let Command::Keys(command) = command {
        return Ok(keys::run(&command, file.as_deref(), &environment)?);
    }
    let settings = settings?;
    match command {
        Command::Serve => serve(settings).await,
        Command::Migrate => {
            trace::start();
            migrate(&settings).await
        }
        Command::Menu(command) => menu::run(&settings, &command).await,
        Command::Templates(command) => templates::run(&settings, &command).await,
        Command::Outbox(command) => messages::run(settings, &command).await,
        Command::Device(command) => devices::run(settings, command).await,
        Command::Area(command) => areas::run(settings, command).await,
        Command::Reason(command) => reasons::run(settings, command).await,
        Command::Staff(command) => staff::run(settings, command).await,
        Command::Gate(command) => gates::run(settings, command).await,
        Command::Residents(command) => residents::run(settings, command).await,
        Command::Demo => demo::play(&settings).await,
        Command::Check | Command::Keys(_) => Ok(()),
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    trace::start();
    migrate(&settings).await?;
    let parts = assembled(&settings).await?;
    if settings.mode == Mode::Sandbox {
        seed::seed(&parts, &settings).await?;
    }
    app::serve(settings, parts).await
}

/// Brings the database to its shape, unless it is the other mode's, which is not ours to change.
async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let (url, mode) = (&settings.database.url, settings.mode.as_str());
    let db = Db::open(url).await;
    let db = db.context("the database (database.url) cannot be opened")?;
    let stamped = store::settings::stamped_mode(&db.read).await;
    db.close().await;
    if let Some(stamped) = stamped.context("the database does not say what it was made for")?
        && stamped != mode
    {
        bail!("this database was made in {stamped} mode; {mode} mode does not touch it");
    }
    let migrated = store::migrate(url).await;
    migrated.context("the database was not migrated")
}

async fn assembled(settings: &Settings) -> anyhow::Result<Parts> {
    app::assemble(settings, Clock::System, Entropy::System).await
}
