//! What people do in a conversation with the account or the mini-program, typed.
//!
//! Source: <https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html>
//! and the pages beside it.

use crate::tencent::element::Element;
use crate::tencent::incoming::Incoming;

/// A message or an event. A text that WeChat leaves out is empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Text {
        content: String,
    },
    Image {
        media_id: String,
        pic_url: String,
    },
    Voice {
        media_id: String,
        format: String,
    },
    /// A place that somebody sent, as opposed to [`Event::Position`].
    Location {
        latitude: f64,
        longitude: f64,
        label: String,
    },
    Link {
        title: String,
        url: String,
    },
    /// `scene` when it was a scene's QR code that made the person follow, without `qrscene_`.
    Subscribe {
        scene: Option<String>,
    },
    Unsubscribe,
    /// A follower scanned the QR code of a scene.
    Scan {
        scene: String,
    },
    /// A menu button that answers.
    Click {
        key: String,
    },
    /// A menu button that opened a page.
    View {
        url: String,
    },
    /// A menu button that opened a mini-program at this path.
    ViewMiniProgram {
        path: String,
    },
    /// A menu button that scans. With `awaits_reply`, WeChat shows that it waits for an answer.
    ScanCode {
        key: String,
        result: String,
        awaits_reply: bool,
    },
    /// A menu button that takes or chooses pictures; they follow as messages.
    Pictures {
        key: String,
        count: u32,
    },
    /// A menu button that chooses a place.
    LocationSelect {
        key: String,
        latitude: f64,
        longitude: f64,
        label: String,
    },
    /// Where a follower is, told by the app itself.
    Position {
        latitude: f64,
        longitude: f64,
    },
    /// What became of a template message; `message` is the `msgid` that its sending returned.
    TemplateSent {
        message: i64,
        outcome: TemplateOutcome,
    },
    /// A person answered the question whether we may send these.
    SubscriptionAsked(Vec<Grant>),
    /// A person changed an answer in the settings of the account.
    SubscriptionChanged(Vec<Grant>),
    /// What became of subscription messages.
    SubscriptionSent(Vec<SubscriptionReport>),
    /// A picture was checked; `risky` when WeChat advises against showing it.
    MediaChecked {
        trace: String,
        risky: bool,
    },
    /// A kind that this code does not know; everything is in [`Incoming::fields`].
    Unknown,
}

/// `Status` of `TEMPLATESENDJOBFINISH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateOutcome {
    Delivered,
    /// The person blocks the account.
    Blocked,
    Failed,
}

/// A person's answer for one template: one `accept` buys one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub template_id: String,
    pub accepted: bool,
}

/// What became of one subscription message; 0 is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionReport {
    pub template_id: String,
    pub message: String,
    pub errcode: i64,
}

impl From<&Incoming> for Event {
    fn from(incoming: &Incoming) -> Self {
        let fields = &incoming.fields;
        match incoming.msg_type().as_str() {
            "event" => happening(&incoming.event(), fields),
            kind => message(kind, fields),
        }
    }
}

fn message(kind: &str, fields: &Element) -> Event {
    let text = |path| fields.text_or_empty(path);
    match kind {
        "text" => Event::Text {
            content: text("Content"),
        },
        "image" => Event::Image {
            media_id: text("MediaId"),
            pic_url: text("PicUrl"),
        },
        "voice" => Event::Voice {
            media_id: text("MediaId"),
            format: text("Format"),
        },
        "location" => Event::Location {
            latitude: degrees(fields, "Location_X"),
            longitude: degrees(fields, "Location_Y"),
            label: text("Label"),
        },
        "link" => Event::Link {
            title: text("Title"),
            url: text("Url"),
        },
        _ => Event::Unknown,
    }
}

fn happening(event: &str, fields: &Element) -> Event {
    let text = |path| fields.text_or_empty(path);
    let key = text("EventKey");
    match event {
        "subscribe" => Event::Subscribe {
            scene: key.strip_prefix("qrscene_").map(str::to_owned),
        },
        "unsubscribe" => Event::Unsubscribe,
        "scan" => Event::Scan { scene: key },
        "click" => Event::Click { key },
        "view" => Event::View { url: key },
        "view_miniprogram" => Event::ViewMiniProgram { path: key },
        "scancode_push" | "scancode_waitmsg" => Event::ScanCode {
            key,
            result: text("ScanCodeInfo/ScanResult"),
            awaits_reply: event == "scancode_waitmsg",
        },
        "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" => Event::Pictures {
            key,
            count: fields.number("SendPicsInfo/Count").unwrap_or_default(),
        },
        "location_select" => Event::LocationSelect {
            key,
            latitude: degrees(fields, "SendLocationInfo/Location_X"),
            longitude: degrees(fields, "SendLocationInfo/Location_Y"),
            label: text("SendLocationInfo/Label"),
        },
        "location" => Event::Position {
            latitude: degrees(fields, "Latitude"),
            longitude: degrees(fields, "Longitude"),
        },
        _ => report(event, fields),
    }
}

/// What WeChat tells on its own account.
fn report(event: &str, fields: &Element) -> Event {
    match event {
        "templatesendjobfinish" => Event::TemplateSent {
            message: fields.number("MsgID").unwrap_or_default(),
            outcome: template_outcome(fields.text("Status").unwrap_or_default()),
        },
        "subscribe_msg_popup_event" => {
            Event::SubscriptionAsked(grants(fields, "SubscribeMsgPopupEvent"))
        }
        "subscribe_msg_change_event" => {
            Event::SubscriptionChanged(grants(fields, "SubscribeMsgChangeEvent"))
        }
        "subscribe_msg_sent_event" => Event::SubscriptionSent(reports(fields)),
        "wxa_media_check" => Event::MediaChecked {
            trace: fields.text_or_empty("trace_id"),
            // Only a plain `pass` is none: `review` and what is missing are for a human to see.
            risky: fields.text("result/suggest") != Some("pass"),
        },
        _ => Event::Unknown,
    }
}

fn degrees(fields: &Element, path: &str) -> f64 {
    fields.number(path).unwrap_or_default()
}

/// The documents write `failed:user block` and `failed: system failed`.
fn template_outcome(status: &str) -> TemplateOutcome {
    let status: String = status.split_whitespace().collect();
    match status.as_str() {
        "success" => TemplateOutcome::Delivered,
        "failed:userblock" => TemplateOutcome::Blocked,
        _ => TemplateOutcome::Failed,
    }
}

/// A `List` may be repeated. When the push is configured as JSON it stands in the root.
/// Source: <https://developers.weixin.qq.com/community/develop/doc/000a08f88180a0081400916f966400>.
fn list<'a>(fields: &'a Element, around: &'a str) -> impl Iterator<Item = &'a Element> {
    let around = fields.at(around).unwrap_or(fields);
    around.all("List")
}

fn grants(fields: &Element, around: &str) -> Vec<Grant> {
    let grant = |item: &Element| Grant {
        template_id: item.text_or_empty("TemplateId"),
        accepted: item.text("SubscribeStatusString") == Some("accept"),
    };
    list(fields, around).map(grant).collect()
}

fn reports(fields: &Element) -> Vec<SubscriptionReport> {
    let report = |item: &Element| SubscriptionReport {
        template_id: item.text_or_empty("TemplateId"),
        message: item.text_or_empty("MsgID"),
        errcode: item.number("ErrorCode").unwrap_or(-1),
    };
    list(fields, "SubscribeMsgSentEvent").map(report).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_debug_snapshot;

    use super::*;
    use crate::tencent::payloads;

    fn event(inner: &str) -> Event {
        Event::from(&payloads::incoming(inner))
    }

    #[test]
    fn every_payload_of_the_sdks_keeps_its_kind_and_event() {
        for payload in payloads::all() {
            let incoming = payload.incoming();
            assert_eq!(incoming.fields.text_or_empty("MsgType"), payload.msg_type);
            assert_eq!(
                incoming.fields.text_or_empty("Event"),
                payload.event,
                "{}",
                payload.file
            );
            let typed = Event::from(&incoming) != Event::Unknown;
            let known = matches!(
                payload.msg_type.as_str(),
                "text" | "image" | "voice" | "location" | "link"
            ) || matches!(
                payload.event.as_str(),
                "pic_weixin"
                    | "subscribe_msg_popup_event"
                    | "subscribe_msg_change_event"
                    | "subscribe_msg_sent_event"
            );
            assert_eq!(typed, known, "{}", payload.file);
        }
    }

    #[test]
    fn following_by_a_scenes_code_and_scanning_it_give_the_same_scene() {
        let followed = event(
            "<MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_123</EventKey>",
        );
        assert_eq!(
            followed,
            Event::Subscribe {
                scene: Some("123".into())
            }
        );
        let scanned = event("<MsgType>event</MsgType><Event>SCAN</Event><EventKey>123</EventKey>");
        assert_eq!(
            scanned,
            Event::Scan {
                scene: "123".into()
            }
        );
        let found = event("<MsgType>event</MsgType><Event>subscribe</Event><EventKey></EventKey>");
        assert_eq!(found, Event::Subscribe { scene: None });
    }

    #[test]
    fn the_reports_of_a_template_message_are_told_apart() {
        let report = |status: &str| {
            event(&format!(
                "<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event>\
                 <MsgID>200163836</MsgID><Status><![CDATA[{status}]]></Status>"
            ))
        };
        for (status, outcome) in [
            ("success", TemplateOutcome::Delivered),
            ("failed:user block", TemplateOutcome::Blocked),
            ("failed: system failed", TemplateOutcome::Failed),
            ("", TemplateOutcome::Failed),
        ] {
            assert_eq!(
                report(status),
                Event::TemplateSent {
                    message: 200_163_836,
                    outcome
                }
            );
        }
    }

    #[test]
    fn menu_buttons_and_places_are_typed() {
        let menu = [
            "<Event>CLICK</Event><EventKey>visit</EventKey>",
            "<Event>VIEW</Event><EventKey>https://a.example/h5</EventKey>",
            "<Event>view_miniprogram</Event><EventKey>pages/index</EventKey>",
            "<Event>scancode_waitmsg</Event><EventKey>k</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>2</ScanResult></ScanCodeInfo>",
            "<Event>location_select</Event><EventKey>k</EventKey><SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y><Label>路</Label></SendLocationInfo>",
            "<Event>LOCATION</Event><Latitude>23.137466</Latitude><Longitude>113.352425</Longitude>",
            "<Event>unsubscribe</Event>",
            "<Event>wxa_media_check</Event><trace_id>t</trace_id><result><suggest>risky</suggest></result>",
        ];
        let typed = menu.map(|inner| event(&format!("<MsgType>event</MsgType>{inner}")));
        assert_debug_snapshot!(typed, @r#"
        [
            Click {
                key: "visit",
            },
            View {
                url: "https://a.example/h5",
            },
            ViewMiniProgram {
                path: "pages/index",
            },
            ScanCode {
                key: "k",
                result: "2",
                awaits_reply: true,
            },
            LocationSelect {
                key: "k",
                latitude: 23.0,
                longitude: 113.0,
                label: "路",
            },
            Position {
                latitude: 23.137466,
                longitude: 113.352425,
            },
            Unsubscribe,
            MediaChecked {
                trace: "t",
                risky: true,
            },
        ]
        "#);
    }

    #[test]
    fn grants_come_alike_from_xml_and_from_both_forms_of_json() {
        let popup = payloads::named(
            "wxjava__WxMaMessageTest__event_subscribe_msg_popup_event__bed1913f.xml",
        );
        let grant = Grant {
            template_id: "VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc".into(),
            accepted: true,
        };
        assert_eq!(
            Event::from(&popup.incoming()),
            Event::SubscriptionAsked(vec![grant.clone()])
        );

        let item = r#"{"TemplateId":"VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc","SubscribeStatusString":"accept"}"#;
        for (list, times) in [(item.to_owned(), 1), (format!("[{item},{item}]"), 2)] {
            let push = format!(
                r#"{{"MsgType":"event","Event":"subscribe_msg_popup_event","List":{list}}}"#
            );
            let fields = Element::from_json(&push).unwrap();
            let asked = Event::from(&Incoming { fields });
            assert_eq!(asked, Event::SubscriptionAsked(vec![grant.clone(); times]));
        }
    }

    #[test]
    fn a_delivered_subscription_is_reported_with_its_message() {
        let sent = payloads::named(
            "wxjava__WxMaMessageTest__event_subscribe_msg_sent_event__bd8510d1.xml",
        );
        assert_debug_snapshot!(Event::from(&sent.incoming()), @r#"
        SubscriptionSent(
            [
                SubscriptionReport {
                    template_id: "BEwX0BO-T3MqK3Uc5oTU3CGBqzjpndk2jzUf7VfExd8",
                    message: "1864323726461255680",
                    errcode: 0,
                },
            ],
        )
        "#);
    }
}
