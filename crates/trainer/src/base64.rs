//! Bytes as text and back: the alphabet of RFC 4648, section 4, padded.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as text.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0u32, |n, i| {
            n << 8 | u32::from(three.get(i).copied().unwrap_or(0))
        });
        for place in 0..4 {
            text.push(match place <= three.len() {
                true => ALPHABET[(number >> (18 - 6 * place)) as usize & 63] as char,
                false => '=',
            });
        }
    }
    text
}

/// The bytes of a text of [`encode`]; none for any other.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.as_bytes().chunks(4) {
        let digits = four.iter().take_while(|c| **c != b'=').count();
        let mut number = 0u32;
        for place in 0..4 {
            let digit = match four.get(..digits)?.get(place) {
                Some(c) => ALPHABET.iter().position(|known| known == c)?,
                None => 0,
            };
            number = number << 6 | digit as u32;
        }
        let own = number.to_be_bytes();
        bytes.extend(&own[1..digits.max(1)]);
    }
    (encode(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_other_texts_are_refused() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        for text in [
            "Z",
            "Zg",
            "Zg=",
            "Zh==",
            "Z===",
            "====",
            "Zm9v!A==",
            "Zm9\u{e9}",
            "Zg==Zg==",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
