//! The stories: the service with its sandbox around it, over real HTTP where something goes out, each
//! test with a database of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a story that cannot go on fails there"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a story is told in one go, with its snapshots"
)]

mod harness;

mod approvals;
mod architecture;
mod audit;
mod bad_input;
mod budgets;
mod callbacks;
mod cards;
mod chat;
mod console;
mod corrections;
mod crash;
mod delegations;
mod deliveries;
mod dialects;
mod doors;
mod entering;
mod exports;
mod forgetting;
mod fuzz;
mod gate;
mod gate_codes;
mod gate_crash;
mod gate_crowd;
mod gate_list;
mod gate_memory;
mod gate_offline;
mod gate_outage;
mod gate_rules;
mod groups;
mod guards;
mod imports;
mod invitations;
mod languages;
mod lapses;
mod leavers;
mod limits;
mod links;
mod lists;
mod login_codes;
mod menus;
mod migrations;
mod operators;
mod outbox;
mod outside;
mod photos;
mod plans;
mod play;
mod races;
mod registers;
mod registrations;
mod replays;
mod residents;
mod rights;
mod routes;
mod screening;
mod secrets;
mod settings;
mod sms;
mod subscriptions;
mod templates;
mod tokens;
mod trays;
mod whole_line;
mod words;
