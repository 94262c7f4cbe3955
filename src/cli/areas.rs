//! `area`: the places that people visit, and what may be applied for in each.

use clap::builder::NonEmptyStringValueParser;
use clap::{Subcommand, ValueEnum};

use super::assembled;
use crate::actions::campus::{NewLimits, add_area, add_quarter_by_name, set_limits};
use crate::config::Settings;
use crate::domain::campus::Area;
use crate::domain::limits::Overlap;
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
    /// Set limits of an area, and print it. What is left out stays; what was applied for before stays too.
    Set {
        /// The area's name.
        name: String,
        /// How many days of the calendar ahead a visit may begin; 0 is today alone, 366 as anywhere.
        #[arg(long, value_parser = clap::value_parser!(i16).range(0..=366))]
        days_ahead: Option<i16>,
        /// How many days of the calendar a visit may touch (时长); 31 as anywhere.
        #[arg(long, value_parser = clap::value_parser!(i16).range(1..=31))]
        days_long: Option<i16>,
        /// How many applications one visitor may submit for it in a day, 1 to 20, or `none` for as many as
        /// anywhere. Staff, who apply for many, are not bound by it.
        #[arg(long, value_name = "N|none", value_parser = a_day)]
        a_day: Option<ADay>,
        /// Whether one ID number may be in two visits to this area at one time.
        #[arg(long, value_enum)]
        overlap: Option<Twice>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Twice {
    Refuse,
    Allow,
}

/// Not an `Option`, which clap would take for an argument that may be left out.
#[derive(Clone, Copy)]
pub struct ADay(Option<i16>);

fn a_day(text: &str) -> Result<ADay, String> {
    let number = text.parse().ok().filter(|most| matches!(most, 1..=20));
    match (text, number) {
        ("none", _) => Ok(ADay(None)),
        (_, Some(most)) => Ok(ADay(Some(most))),
        (_, None) => Err("must be 1 to 20, or none".to_owned()),
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
            days_ahead,
            days_long,
            a_day,
            overlap,
        } => {
            let new = NewLimits {
                days_ahead,
                days_long,
                a_day: a_day.map(|ADay(most)| most),
                overlap: overlap.map(|twice| match twice {
                    Twice::Refuse => Overlap::Refuse,
                    Twice::Allow => Overlap::Allow,
                }),
            };
            print(&set_limits(&ctx, &name, new).await?);
        }
    }
    Ok(())
}

fn print(area: &Area) {
    let limits = area.limits;
    let a_day = limits
        .a_day
        .map_or("none".to_owned(), |most| most.to_string());
    println!(
        "{}: --days-ahead {} --days-long {} --a-day {a_day} --overlap {}",
        area.name,
        limits.days_ahead,
        limits.days_long,
        limits.overlap.as_str()
    );
}
