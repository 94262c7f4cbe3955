//! What the platforms' error codes ask of us.
//!
//! Sources: <https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html>,
//! <https://developer.work.weixin.qq.com/document/path/90313>.

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The token is no good: drop it if it is still the cached one, fetch once, retry once.
    Token,
    /// Somebody has to change a setting, here or in a console: no retry helps, the channel is down.
    Configuration,
    /// The other side is out of breath: at most three tries, with pauses.
    Busy,
    /// A quota is used up: later.
    Wait,
    /// It was done before: as good as success.
    Done,
    /// This will never be done: end with the reason, and take the next channel.
    Never,
}

/// The class of a code on a business call. A code that is not in the table is [`Class::Never`]: an
/// unknown refusal repeated is a refusal twice.
#[must_use]
pub fn class(code: i64) -> Class {
    row(code).map_or(Class::Never, |(_, class, _)| *class)
}

/// The class of a code on the call that fetches the token itself: there is no better token to fetch.
#[must_use]
pub fn class_of_token_call(code: i64) -> Class {
    match class(code) {
        Class::Token => Class::Configuration,
        other => other,
    }
}

/// What the code says, for logs and for the console.
#[must_use]
pub fn name(code: i64) -> &'static str {
    row(code).map_or("unknown", |(_, _, name)| name)
}

fn row(code: i64) -> Option<&'static (i64, Class, &'static str)> {
    TABLE.iter().find(|(known, _, _)| *known == code)
}

const TABLE: &[(i64, Class, &str)] = &[
    (-1, Class::Busy, "system busy"),
    (40001, Class::Token, "invalid credential"),
    (40014, Class::Token, "invalid access token"),
    (42001, Class::Token, "access token expired"),
    (40013, Class::Configuration, "invalid app id or corp id"),
    (40056, Class::Configuration, "invalid agent id"),
    (40091, Class::Configuration, "invalid secret"),
    (40125, Class::Configuration, "invalid secret"),
    (
        40164,
        Class::Configuration,
        "this machine's IP is not in the whitelist",
    ),
    (41002, Class::Configuration, "missing app id"),
    (41004, Class::Configuration, "missing secret"),
    (
        48001,
        Class::Configuration,
        "the account may not use this interface",
    ),
    (
        48002,
        Class::Configuration,
        "the application may not use this interface",
    ),
    (48004, Class::Configuration, "the interface is banned"),
    (
        50001,
        Class::Configuration,
        "the interface is not authorised",
    ),
    (
        60011,
        Class::Configuration,
        "the application may not see this",
    ),
    (
        60020,
        Class::Configuration,
        "this machine's IP is not trusted",
    ),
    (
        61004,
        Class::Configuration,
        "this machine's IP is not registered",
    ),
    (
        89503,
        Class::Configuration,
        "the administrator has to confirm this IP",
    ),
    (
        89506,
        Class::Configuration,
        "the administrator refused this IP twice",
    ),
    (
        89507,
        Class::Configuration,
        "the administrator refused this IP",
    ),
    (
        301_002,
        Class::Configuration,
        "a token of another application",
    ),
    (43117, Class::Wait, "too many messages for now"),
    (
        45009,
        Class::Wait,
        "the quota of the day or the minute is used up",
    ),
    (45011, Class::Wait, "too many calls in this minute"),
    (45033, Class::Wait, "too many calls at once"),
    // After a success with the same client_msg_id this is Done; only the outbox can know.
    (45066, Class::Wait, "the same message is being sent"),
    (40241, Class::Done, "the message was sent before"),
    (40003, Class::Never, "invalid openid"),
    (40029, Class::Never, "invalid code"),
    (40037, Class::Never, "invalid template id"),
    (40163, Class::Never, "the code has been used"),
    (41030, Class::Never, "invalid page"),
    (
        43004,
        Class::Never,
        "the person does not follow the account",
    ),
    (43019, Class::Never, "the person blocks the account"),
    (
        43101,
        Class::Never,
        "the person has not granted this message",
    ),
    (43116, Class::Never, "the template is banned"),
    (45002, Class::Never, "the message is too long"),
    (
        45015,
        Class::Never,
        "the person has not written for too long",
    ),
    (
        45047,
        Class::Never,
        "too many messages since the person last wrote",
    ),
    (46003, Class::Never, "there is no menu"),
    (47003, Class::Never, "a field of the template is refused"),
    (65301, Class::Never, "there is no such conditional menu"),
    (65303, Class::Never, "there is no default menu"),
    (
        65320,
        Class::Never,
        "the match rule of a conditional menu is refused",
    ),
    (81013, Class::Never, "no receiver is valid"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_in_the_table_once() {
        for (at, (code, _, _)) in TABLE.iter().enumerate() {
            assert!(
                TABLE[at + 1..].iter().all(|(other, _, _)| other != code),
                "{code}"
            );
        }
    }

    #[test]
    fn codes_ask_what_the_documents_ask() {
        for (class_wanted, codes) in [
            (Class::Token, &[40001, 40014, 42001][..]),
            (
                Class::Configuration,
                &[
                    40013, 40125, 40164, 60020, 48001, 48004, 50001, 89503, 89506, 89507,
                ],
            ),
            (Class::Busy, &[-1]),
            (Class::Wait, &[45011, 45009, 45033, 43117, 45066]),
            (Class::Done, &[40241]),
            (
                Class::Never,
                &[
                    40003, 40037, 43004, 43019, 43101, 43116, 45015, 45047, 47003, 41030, 81013,
                    123_456,
                ],
            ),
        ] {
            for &code in codes {
                assert_eq!(class(code), class_wanted, "{code}");
            }
        }
        assert_eq!(class_of_token_call(40001), Class::Configuration);
        assert_eq!(class_of_token_call(-1), Class::Busy);
        assert_eq!(name(123_456), "unknown");
    }
}
