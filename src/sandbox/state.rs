//! Everything the box remembers, behind one lock that is never held while the box waits for something.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::faults::Faults;
use super::gate::GateDevice;
use super::log::Log;
use super::people::People;
use super::push::{Deliveries, Push};
use super::qyapi::Desks;
use super::sms::Network;
use super::subscriptions::Subscriptions;
use super::tokens::{Codes, Tokens};
use super::weixin::{Conditional, Scene, UrlLink};

#[derive(Default)]
pub(super) struct State {
    pub tokens: Tokens,
    pub codes: Codes,
    pub people: People,
    /// The account's menu as it was created: `{"button": […]}`.
    pub menu: Option<Value>,
    /// The menus for tags, newest first.
    pub conditional_menus: Vec<Conditional>,
    pub subscriptions: Subscriptions,
    pub scenes: Vec<Scene>,
    pub url_links: Vec<UrlLink>,
    /// The `client_msg_id`s of template messages, when they came and which message they made.
    pub client_msg_ids: HashMap<String, (DateTime<Utc>, String)>,
    pub desks: Desks,
    pub sms: Network,
    /// By the device's id.
    pub gates: BTreeMap<String, GateDevice>,
    /// The last nonce of a gate of ours.
    pub last_scan: u64,
    /// What waits to be pushed to the service.
    pub pushes: VecDeque<Push>,
    pub deliveries: Deliveries,
    pub faults: Faults,
    pub log: Log,
}
