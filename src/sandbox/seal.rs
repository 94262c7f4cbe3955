//! Signatures and sealed bodies as WeChat makes them, from the documents alone: none of it is shared with
//! the service's own code, so that each checks the other.
//!
//! CBC and the padding are written out here by hand; only the AES block itself is a library's.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER};
use sha1::{Digest, Sha1};

/// PKCS#7 pads to 32 bytes here, not to AES's 16.
const PAD_TO: usize = 32;
const BLOCK: usize = 16;

/// The account's half of the callback protocol: what it signs and seals with.
pub(super) struct Seal {
    key: [u8; 32],
    token: String,
    receive_id: String,
}

/// Why a sealed reply is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsealed {
    #[error("the ciphertext is not base64 of whole blocks")]
    Ciphertext,
    #[error("the padding is wrong")]
    Padding,
    #[error("the length field does not fit the message")]
    Length,
    #[error("it is sealed for another app id")]
    ReceiveId,
}

impl Seal {
    /// `None` when the `EncodingAESKey` is not 43 characters of base64. `receive_id` is the app id,
    /// or the corp id for WeCom.
    pub(super) fn new(encoding_aes_key: &str, token: &str, receive_id: &str) -> Option<Self> {
        // The last character carries six bits of which two are dropped; published keys have them set.
        let mut lenient = BASE64_NOPAD.specification();
        lenient.check_trailing_bits = false;
        let key = lenient.encoding().ok()?.decode(encoding_aes_key.as_bytes());
        Some(Self {
            key: key.ok()?.try_into().ok()?,
            token: token.to_owned(),
            receive_id: receive_id.to_owned(),
        })
    }

    /// SHA-1 over the token and the parts, sorted and joined, in hexadecimal.
    pub(super) fn sign(&self, parts: &[&str]) -> String {
        let mut all = [&[self.token.as_str()], parts].concat();
        all.sort_unstable();
        HEXLOWER.encode(&Sha1::digest(all.concat()))
    }

    /// Base64 of the sealed message.
    pub(super) fn close(&self, message: &str, random: [u8; 16]) -> String {
        let length = u32::try_from(message.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes();
        let id = self.receive_id.as_bytes();
        let mut bytes = [&random[..], &length, message.as_bytes(), id].concat();
        let pad = PAD_TO - bytes.len() % PAD_TO;
        bytes.extend(std::iter::repeat_n(u8::try_from(pad).unwrap_or(0), pad));

        let cipher = Aes256::new(&Array(self.key));
        let mut previous = self.iv();
        for block in bytes.chunks_exact_mut(BLOCK) {
            xor(block, &previous);
            let mut whole = Array(copy(block));
            cipher.encrypt_block(&mut whole);
            block.copy_from_slice(&whole);
            previous = whole.into();
        }
        BASE64.encode(&bytes)
    }

    /// The message of a sealed reply.
    pub(super) fn open(&self, sealed: &str) -> Result<String, Unsealed> {
        let mut bytes = BASE64
            .decode(sealed.as_bytes())
            .map_err(|_| Unsealed::Ciphertext)?;
        if bytes.is_empty() || bytes.len() % PAD_TO != 0 {
            return Err(Unsealed::Ciphertext);
        }
        let cipher = Aes256::new(&Array(self.key));
        let mut previous = self.iv();
        for block in bytes.chunks_exact_mut(BLOCK) {
            let ciphertext: [u8; BLOCK] = copy(block);
            let mut whole = Array(ciphertext);
            cipher.decrypt_block(&mut whole);
            block.copy_from_slice(&whole);
            xor(block, &previous);
            previous = ciphertext;
        }
        self.message(unpadded(&bytes)?)
    }

    /// Takes the layout `random(16) | length(4) | message | receive id` apart.
    fn message(&self, plain: &[u8]) -> Result<String, Unsealed> {
        let rest = plain.get(16..).ok_or(Unsealed::Length)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(Unsealed::Length)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (message, id) = rest.split_at_checked(length).ok_or(Unsealed::Length)?;
        if id != self.receive_id.as_bytes() {
            return Err(Unsealed::ReceiveId);
        }
        String::from_utf8(message.to_vec()).map_err(|_| Unsealed::Length)
    }

    /// The protocol takes the first half of the key for its initialisation vector.
    fn iv(&self) -> [u8; BLOCK] {
        copy(&self.key[..BLOCK])
    }
}

fn unpadded(bytes: &[u8]) -> Result<&[u8], Unsealed> {
    let last = *bytes.last().ok_or(Unsealed::Padding)?;
    let pad = usize::from(last);
    let keep = bytes.len().checked_sub(pad).ok_or(Unsealed::Padding)?;
    let honest = (1..=PAD_TO).contains(&pad) && bytes[keep..].iter().all(|&byte| byte == last);
    honest.then(|| &bytes[..keep]).ok_or(Unsealed::Padding)
}

fn xor(block: &mut [u8], with: &[u8; BLOCK]) {
    for (byte, other) in block.iter_mut().zip(with) {
        *byte ^= other;
    }
}

fn copy(slice: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block.copy_from_slice(slice);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The official mini-program message-push example (developers.weixin.qq.com, "消息推送").
    fn official() -> Seal {
        Seal::new(&"A".repeat(43), "AAAAA", "wxba5fad812f8e6fb9").unwrap()
    }

    /// The `WXBizMsgCrypt` sample of WeCom; its key has non-zero trailing bits.
    fn wecom() -> Seal {
        let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
        Seal::new(key, "QDG6eK", "wx5823bf96d3bd56c7").unwrap()
    }

    const ECHO: &str =
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==";
    const REPLY: &str =
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==";

    #[test]
    fn signatures_agree_with_the_official_examples() {
        assert_eq!(
            official().sign(&["1714036504", "1514711492"]),
            "f464b24fc39322e44b38aa78f5edd27bd1441696"
        );
        assert_eq!(
            official().sign(&["1713424427", "415670741", REPLY]),
            "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
        );
        assert_eq!(
            wecom().sign(&["1409659589", "263014780", ECHO]),
            "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"
        );
    }

    #[test]
    fn the_official_samples_open() {
        assert_eq!(wecom().open(ECHO), Ok("1616140317555161061".to_owned()));
        assert_eq!(
            official().open(REPLY),
            Ok("{\"demo_resp\":\"good luck\"}".to_owned())
        );
    }

    #[test]
    fn the_official_reply_is_sealed_to_the_same_bytes() {
        let sealed = official().close("{\"demo_resp\":\"good luck\"}", *b"707722b803182950");
        assert_eq!(sealed, REPLY);
        // WxJava's WxCryptUtilTest, with multi-byte text and trailing bits in the key.
        let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
        let wxjava = Seal::new(key, "pamtest", "wxb11529c136998cb6").unwrap();
        assert_eq!(
            wxjava.close("我是中文abcd123", *b"aaaabbbbccccdddd"),
            "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
        );
    }

    #[test]
    fn the_official_push_with_more_padding_than_a_block_opens_and_seals() {
        // The same page: 205 bytes and 19 of padding.
        let sealed = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPx\
            LKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuM\
            cp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSe\
            OBrebufAlr7F9mFUPAJGj04=";
        let plain = "{\"ToUserName\":\"gh_97417a04a28d\",\
            \"FromUserName\":\"o9AgO5Kd5ggOC-bXrbNODIiE3bGY\",\"CreateTime\":1714112445,\
            \"MsgType\":\"event\",\"Event\":\"debug_demo\",\"debug_str\":\"hello world\"}";
        assert_eq!(official().open(sealed), Ok(plain.to_owned()));
        assert_eq!(official().close(plain, *b"a8eedb185eb2fecf"), sealed);
        assert_eq!(
            official().sign(&["1714112445", "415670741", sealed]),
            "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
        );
    }

    #[test]
    fn what_was_changed_or_meant_for_another_does_not_open() {
        let stranger = Seal::new(&"A".repeat(43), "AAAAA", "wxOTHER").unwrap();
        assert_eq!(stranger.open(REPLY), Err(Unsealed::ReceiveId));
        assert_eq!(official().open(&REPLY[..84]), Err(Unsealed::Ciphertext));
        assert_eq!(wecom().open(REPLY), Err(Unsealed::Padding));
        assert_eq!(official().open(""), Err(Unsealed::Ciphertext));
        assert!(Seal::new("short", "t", "id").is_none());
    }

    #[test]
    fn messages_of_every_length_come_back() {
        for length in 0..200 {
            let message = "x".repeat(length);
            let sealed = wecom().close(&message, [7; 16]);
            assert_eq!(wecom().open(&sealed), Ok(message), "{length}");
        }
    }
}
