//! campus-pass: through WeChat, WeCom and the web onto a Chinese campus.
//!
//! This page is the architecture. A visitor books in the mini-program or the pages, the host's
//! department approves on a WeCom card or its pages, everybody who must know is told, and a gate opens
//! for the code on the visitor's phone. One process does all of it, on SQLite for one machine or on
//! PostgreSQL for several.
//!
//! # The ladder
//! A module uses only the rungs below its own, and modules on one rung do not know each other;
//! `tests/it/architecture.rs` holds it. Read it from the bottom to learn the parts, from the top to
//! follow a request.
//!
//! | rung | modules | what they are |
//! | --- | --- | --- |
//! | 11 | [`cli`] | what the operator can ask |
//! | 10 | [`app`] | the composition root: ordered start, ordered stop |
//! | 9 | [`http`], [`jobs`] | the doors: requests, and the clock striking |
//! | 8 | [`chat`] | what the account answers in a conversation |
//! | 7 | [`actions`] | what can happen on a campus: one function, one transaction, no network |
//! | 6 | [`outbox`] | what we owe the outside, and its delivery |
//! | 5 | [`ctx`] | `Ctx`, with which things happen, and `Clients`, with which the outside is told |
//! | 4 | [`cache`], [`menus`], [`store`], [`templates`], [`photos`] | what is remembered, said, kept |
//! | 3 | [`config`], [`dialects`] | the settings; what gate devices say |
//! | 2 | [`domain`], [`wechat`], [`wecom`], [`cas`], [`sms`], [`sandbox`] | what is true; the outside's protocols; the outside in a box |
//! | 1 | [`tencent`] | what WeChat and WeCom share: signature, envelope, XML, error codes, tokens |
//! | 0 | [`clock`], [`entropy`], [`ids`], [`sheet`], and on them [`secret`] | the doors to time and randomness; ids; lists of Excel; what is sealed |
//!
//! The same noun has the same stem on every rung: `domain/visit.rs`, `store/visits.rs`,
//! `actions/visits.rs`, `http/guest/visits.rs`.
//!
//! # How a thing happens
//! [`http`] finds out who asks (an extractor gives a [`domain::actors::Guest`], a
//! [`domain::actors::Staff`], a gate's [`domain::actors::Reader`]) and parses what they ask into types
//! that cannot be wrong. An action begins a transaction, loads with a lock, asks the domain (whose
//! transitions consume and refuse with a value), stores, posts to the outbox what must be told, and
//! commits: [`actions::approvals::decide`] is the pattern. `Ctx` holds no client, so no transaction ever
//! waits for somebody else's server.
//!
//! The one exception is [`actions::passages`]: one task puts many scans into one transaction, so that
//! one flush serves many gates; every answer is stored before it is given. On SQLite a crowd's openings that
//! depend on no other are flushed to a file first, and stored in the tables behind their answers
//! ([`actions::passages::Journal`]).
//!
//! # What a gate is told
//! [`domain::gate::decide`] gathers whatever stands against a scan, and the reason that outranks the others is
//! told; their order is the precedence. It sees the pass as it is behind its lock, with what it has done at the
//! gates of the area ([`domain::presence`]), and the area's [`domain::rules`]. Whatever once was a pass
//! leaves, with an alert where it should not have been inside. What is held before a reader is a signed code,
//! which a gate can verify alone, or a rotating one, which is worthless a step later (`docs/codes.md`), a
//! plate, an ID card or a face. A gate without a network decides by a list of passes that it has in versions
//! ([`actions::gate_list`]), and tells of it later, when nothing is refused any more and all of it counted.
//!
//! What is asked at every scan is read once in a few seconds and dropped in every replica when it changes
//! ([`cache::Reads`], [`store::news`]). A refusal that no lock can change is told from memory and kept afterwards;
//! an opening is decided once more on the rows themselves. While the database is away an area may want to open for
//! what is signed: that lies in a file, flushed, before the answer leaves, and is stored when it is back
//! ([`actions::passages::Spool`]).
//!
//! # Who stands at a gate
//! A guard looks somebody of today up, asks what the gate would say of a code, and lets them through by hand
//! ([`actions::guards`]): by the same decision and the same writer, at a device of the guard's own, so that every
//! passage by hand names whose hand it was.
//!
//! # What readers say
//! Not every reader can sign. One that cannot is known by the key in its address and its network, and
//! [`dialects`] turns its words into a scan and the verdict into the bytes on which it opens.
//!
//! # Who is asked
//! A route ([`domain::route`]) is a rule of the campus; a visit that is submitted gets the steps of the first
//! that it meets, and keeps them ([`actions::steps`]). Whom a step asks is looked up when they are told and when
//! they answer ([`store::deciders`]): the holders of an office by then, those in their place, and nobody who
//! began the visit or is visited. So deciding is no role: any member of staff may be asked, and the query says
//! what lies before whom ([`actions::trays`]).
//!
//! # What runs out
//! An invitation ends when every place is taken or its time has run out, whichever comes first, and a visit
//! with its window. Both are facts of the clock that [`domain`] reads from what is stored; whoever looks
//! or joins writes them down behind the visit's lock ([`actions::lapses`]), and so does any replica's
//! timer, so nothing waits for it and every loser of a race is told how it ended.
//!
//! # Who lives here
//! A visit's host is a member of staff or, in the residential quarter, a resident. Whom the residents'
//! register knows by name, phone and house number is visited at once and told of it with a link on which to
//! say no; what it does not know is decided by the quarter's desk, an ordinary department. Whoever types in
//! a registration is answered alike ([`actions::registrations`]), for the answer would tell who lives where.
//!
//! # Who may come at all
//! The blacklist and an area's limits are asked behind the lock of the area ([`actions::screening`],
//! [`domain::limits`]) when somebody applies, joins or is approved, so that of two at once the second sees
//! the first; whoever is listed loses their passes in the same transaction, and a gate asks once more.
//!
//! # Many by one pass
//! A group ([`actions::groups`]) is a visit whose only visitor is its contact: they get the one pass by which
//! all come, good for as many entries as there are people, and answer for its vehicles before the blacklist.
//! A gate that reads a plate finds the pass of the vehicle or visitor that has it; a vehicle takes no entry.
//!
//! # Who comes without WeChat
//! A code by SMS ([`domain::login_code`]) proves a phone, and who has no other name is known by it; when WeChat
//! proves the same phone to be somebody's, the two turn out to be one. What codes cost and how often one may
//! guess is bounded by number, by address and in all, and no answer tells whose a phone is.
//!
//! # Who sees what
//! [`http::rights`] states who may ask at which door, and a test walks every route with everybody. Whose rows
//! they find stands in the query: [`store::visit_filter`] reads a list of visits in arms, each of which an index
//! answers newest first, in the stage that each visit is in now. The console shows masks; what an
//! administrator is shown in full ([`actions::reveal`]) or changes ([`actions::registers`]) is in the audit, in
//! the same transaction, and a form says what it had read, so that of two who save it the second is told.
//!
//! # How people are told
//! An outbox row is ids and a kind of [`domain::message`], never words. [`jobs::deliver`] runs a worker
//! for each provider's door, at the pace which that door takes, so that a crowd before one holds up nobody
//! at another. It leases rows, oldest first for one recipient and visit, loads what is true by then, renders
//! `message_templates/`, and sends with no transaction open. A row ends sent, dead with its reason, or overtaken. A subscription message is paid with a grant of
//! [`domain::subscription`], spent in the transaction that ends the row. A killed worker's lease runs out
//! and the row comes back under the same idempotency key; a channel that has none gets the row marked as
//! doubtful. An SMS that one provider refuses goes by the other in the same try, unless it may have gone
//! out already; what WeChat and the providers report later lies beside the message.
//!
//! # What is kept from whom
//! Phones, ID numbers, device keys, access tokens and pictures are sealed (AES-256-GCM, keys from the
//! environment), found by keyed hash, and shown by mask; see [`secret`]. A link's token is computed when
//! it is sent and stored as a hash. The blacklist keeps keyed hashes and masks, and nothing that could be
//! opened ([`domain::screening`]). A picture is erased when no visitor has it any more ([`actions::photos`]).
//! Logs name routes, never paths or queries.
//!
//! # How long it is kept
//! `[retention]` says it in days, kind by kind. What is old goes a little at a time
//! ([`actions::forgetting`]): a visit loses everything personal of those in it and keeps its number, area,
//! times, decisions and counts; what is open is never touched. Whoever asks takes along what is kept of
//! them, or is forgotten at once ([`actions::leaving`]).
//!
//! # Lists in and out
//! Offices keep their lists in Excel. [`sheet`] reads them by their bytes, bounded in rows and in what they
//! unpack to, and names each fault by row and column; actions store them in batches within one transaction,
//! so that the same list twice changes nothing. What goes out is written page by page into a temporary file,
//! masked unless an administrator asks for more, which is written down.
//!
//! # The outside in a box
//! [`sandbox`] plays WeChat, WeCom, two SMS providers and a gate on this machine, enforces their rules, and
//! checks signatures with code of its own. It is the tests' fake, and `mode = "sandbox"` runs it beside
//! the service. Only base URLs differ in production.

pub mod app;
pub mod cli;

pub mod http;
pub mod jobs;

pub mod chat;

pub mod actions;

pub mod outbox;

pub mod ctx;

pub mod cache;
pub mod menus;
pub mod photos;
pub mod store;
pub mod templates;

pub mod config;
pub mod dialects;

pub mod cas;
pub mod domain;
pub mod sandbox;
pub mod sms;
pub mod wechat;
pub mod wecom;

pub mod tencent;

pub mod clock;
pub mod entropy;
pub mod ids;
pub mod secret;
pub mod sheet;
