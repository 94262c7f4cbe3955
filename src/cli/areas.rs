//! `area`: the places that people visit, and what may be applied for in each.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};

use super::assembled;
use crate::actions::campus::{NewLimits, add_area, add_quarter_by_name, set_limits};
use crate::actions::rules::{NewRules, set_rules};
use crate::config::Settings;
use crate::domain::campus::Area;
use crate::domain::hours::Hours;
use crate::domain::limits::Overlap;
use crate::domain::rules::{Exits, Outage, Passback};
use crate::store::areas;

#[derive(Subcommand)]
pub enum AreaCommand {
    /// Print each area with its limits.
    List,
    /// Add an area that people may visit.
    Add {
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
    },
    /// Make an area the residential quarter: visitors register with its residents, and nobody books there.
    Quarter {
        /// The area's name.
        name: String,
        /// The department of the community desk, which decides what the register does not know.
        #[arg(long)]
        desk: String,
        /// 来访事由 of every visit there.
        #[arg(long)]
        reason: String,
    },
    /// Set what may be applied for in an area and what it asks at its gates, and print it. What is left out
    /// stays; what was applied for before stays too, but the gates ask anew from the next scan on.
    Set {
        /// The area's name.
        name: String,
        #[command(flatten)]
        limits: LimitArgs,
        #[command(flatten)]
        rules: RuleArgs,
    },
}

#[derive(Args)]
pub struct LimitArgs {
    /// How many days of the calendar ahead a visit may begin; 0 is today alone, 366 as anywhere.
    #[arg(long, value_parser = clap::value_parser!(i16).range(0..=366))]
    days_ahead: Option<i16>,
    /// How many days of the calendar a visit may touch (时长); 31 as anywhere.
    #[arg(long, value_parser = clap::value_parser!(i16).range(1..=31))]
    days_long: Option<i16>,
    /// How many applications one visitor may submit for it in a day, 1 to 20, or `none` for as many as
    /// anywhere. Staff, who apply for many, are not bound by it.
    #[arg(long, value_name = "N|none", value_parser = |text: &str| bound(text, 20))]
    a_day: Option<Bound>,
    /// Whether one ID number may be in two visits to this area at one time.
    #[arg(long, value_enum)]
    overlap: Option<Twice>,
}

#[derive(Args)]
pub struct RuleArgs {
    /// 开放时间, in which people may come in: `mon-fri 06:00-23:00, sat-sun 08:00-20:00`, or `always`. Leaving is
    /// always open.
    #[arg(long, value_parser = hours)]
    hours: Option<Hours>,
    /// How many entries one pass has in a day, 1 to 99, or `none`.
    #[arg(long, value_name = "N|none", value_parser = |text: &str| bound(text, 99))]
    entries_a_day: Option<Bound>,
    /// What becomes of a pass that comes in while it is inside: off does not look, soft opens with an alert,
    /// hard does not open.
    #[arg(long, value_enum)]
    passback: Option<Back>,
    /// After so many minutes, 1 to 1440, whoever was not seen leaving is taken to have left; or `none`.
    #[arg(long, value_name = "N|none", value_parser = |text: &str| bound(text, 1440))]
    reentry_minutes: Option<Bound>,
    /// What the way out does with what was never a pass. What was one always leaves.
    #[arg(long, value_enum)]
    exits: Option<Out>,
    /// What the way in does while the database cannot be asked: refuse opens for nobody, signed opens, with an
    /// alert, for a signed code that says that it is good there and then.
    #[arg(long, value_enum)]
    outage: Option<Blind>,
}

impl From<LimitArgs> for NewLimits {
    fn from(args: LimitArgs) -> Self {
        Self {
            days_ahead: args.days_ahead,
            days_long: args.days_long,
            a_day: args.a_day.map(|Bound(most)| most),
            overlap: args.overlap.map(|twice| match twice {
                Twice::Refuse => Overlap::Refuse,
                Twice::Allow => Overlap::Allow,
            }),
        }
    }
}

impl From<RuleArgs> for NewRules {
    fn from(args: RuleArgs) -> Self {
        Self {
            hours: args.hours,
            entries_a_day: args.entries_a_day.map(|Bound(most)| most),
            passback: args.passback.map(|passback| match passback {
                Back::Off => Passback::Off,
                Back::Soft => Passback::Soft,
                Back::Hard => Passback::Hard,
            }),
            reentry_minutes: args.reentry_minutes.map(|Bound(most)| most),
            exits: args.exits.map(|exits| match exits {
                Out::Refuse => Exits::Refuse,
                Out::Open => Exits::Open,
            }),
            outage: args.outage.map(|outage| match outage {
                Blind::Refuse => Outage::Refuse,
                Blind::Signed => Outage::Signed,
            }),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Back {
    Off,
    Soft,
    Hard,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Blind {
    Refuse,
    Signed,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Out {
    Refuse,
    Open,
}

fn hours(text: &str) -> Result<Hours, String> {
    Hours::parse(text).map_err(|_| "must be like: mon-fri 06:00-23:00, sat-sun 08:00-20:00".into())
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Twice {
    Refuse,
    Allow,
}

/// Not an `Option`, which clap would take for an argument that may be left out.
#[derive(Clone, Copy)]
pub struct Bound(Option<i16>);

fn bound(text: &str, most: i16) -> Result<Bound, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number));
    match (text, number) {
        ("none", _) => Ok(Bound(None)),
        (_, Some(number)) => Ok(Bound(Some(number))),
        (_, None) => Err(format!("must be 1 to {most}, or none")),
    }
}

pub async fn run(settings: Settings, command: AreaCommand) -> anyhow::Result<()> {
    let ctx = assembled(&settings).await?.site.ctx.clone();
    match command {
        AreaCommand::List => areas::all(&ctx.db.read).await?.iter().for_each(print),
        AreaCommand::Add { name } => {
            add_area(&ctx, &name).await?;
        }
        AreaCommand::Quarter { name, desk, reason } => {
            add_quarter_by_name(&ctx, &name, &desk, &reason).await?;
        }
        AreaCommand::Set {
            name,
            limits,
            rules,
        } => {
            set_limits(&ctx, &name, limits.into()).await?;
            print(&set_rules(&ctx, &name, rules.into()).await?);
        }
    }
    Ok(())
}

/// As `set` would take it.
fn print(area: &Area) {
    let (limits, rules) = (area.limits, &area.rules);
    let bound = |most: Option<i16>| most.map_or("none".to_owned(), |most| most.to_string());
    println!(
        "{}: --days-ahead {} --days-long {} --a-day {} --overlap {}",
        area.name,
        limits.days_ahead,
        limits.days_long,
        bound(limits.a_day),
        limits.overlap.as_str()
    );
    let hours = rules.hours.to_string();
    println!(
        "  --hours \"{}\" --entries-a-day {} --passback {} --reentry-minutes {} --exits {} --outage {}",
        if hours.is_empty() { "always" } else { &hours },
        bound(rules.entries_a_day),
        rules.passback.as_str(),
        bound(rules.reentry_minutes),
        rules.exits.as_str(),
        rules.outage.as_str()
    );
}
