//! Event bodies that look like a Replicate prediction webhook: an object with
//! a unique `id`, the send time `t_us`, a sequence number and realistic fields,
//! padded to an exact size. Half of the padding is progress-bar log text
//! (compressible), half is random base64 as in a data URI (not compressible).

use crate::rng::Rng;

const ID_LEN: usize = 26;
const TIME_LEN: usize = 16;
const SEQ_LEN: usize = 10;
/// How many different paddings are prepared; bodies cycle through them.
const VARIANTS: u64 = 32;

const ID_MARK: &str = "@@@@@@@@@@@@@@@@@@@@@@@@@@";
const TIME_MARK: &str = "1111111111111111";
const SEQ_MARK: &str = "2222222222";

pub struct Bodies {
    nonce: u64,
    variants: Vec<Variant>,
}

struct Variant {
    bytes: Vec<u8>,
    id_at: Vec<usize>,
    time_at: usize,
    seq_at: usize,
}

impl Bodies {
    /// Bodies of exactly `size` bytes, or of the smallest possible size if
    /// `size` is below that (a little under 1 KiB).
    pub fn new(size: usize, nonce: u64) -> Self {
        let mut rng = Rng::new(nonce ^ 0xA5A5);
        let variants = (0..VARIANTS).map(|_| Variant::new(size, &mut rng)).collect();
        Self { nonce: nonce & 0xFFFF_FFFF_FFFF, variants }
    }

    /// The unique 26-character identifier of event `seq` of this run.
    pub fn id(&self, seq: u64) -> String {
        format!("{:012x}x{seq:013}", self.nonce)
    }

    pub fn render(&self, seq: u64, t_us: u64) -> Vec<u8> {
        let v = &self.variants[(seq % VARIANTS) as usize];
        let mut out = v.bytes.clone();
        let id = self.id(seq);
        for at in &v.id_at {
            out[*at..at + ID_LEN].copy_from_slice(id.as_bytes());
        }
        put_number(&mut out[v.time_at..v.time_at + TIME_LEN], t_us);
        put_number(&mut out[v.seq_at..v.seq_at + SEQ_LEN], seq);
        out
    }
}

/// Right-aligned decimal digits in a field of fixed width. The padding is
/// spaces, because a JSON number has no leading zeros.
fn put_number(field: &mut [u8], mut n: u64) {
    field.fill(b' ');
    for b in field.iter_mut().rev() {
        *b = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
}

impl Variant {
    fn new(size: usize, rng: &mut Rng) -> Self {
        let version =
            format!("{:016x}{:016x}{:016x}{:016x}", rng.next_u64(), rng.next_u64(), rng.next_u64(), rng.next_u64());
        let base = Self::json(&version, "", "");
        let padding = size.saturating_sub(base.len());
        let image = random_base64(padding / 2, rng);
        let text = Self::json(&version, &progress_log(padding - image.len(), rng), &image);
        let find = |mark: &str| text.find(mark).expect("mark is in the body");
        let id_at = text.match_indices(ID_MARK).map(|(at, _)| at).collect();
        Self { id_at, time_at: find(TIME_MARK), seq_at: find(SEQ_MARK), bytes: text.into_bytes() }
    }

    fn json(version: &str, logs: &str, image: &str) -> String {
        format!(
            concat!(
                r#"{{"id":"{id}","t_us":{t},"seq":{seq},"model":"acme/image-gen","version":"{version}","#,
                r#""status":"succeeded","error":null,"created_at":"2026-01-01T00:00:00.000000Z","#,
                r#""completed_at":"2026-01-01T00:00:07.000000Z","input":{{"prompt":"a lighthouse at dusk","steps":50}},"#,
                r#""output":["https://delivery.example.com/{id}/out-0.png","data:image/png;base64,{image}"],"#,
                r#""urls":{{"get":"https://api.example.com/v1/predictions/{id}"}},"#,
                r#""metrics":{{"predict_time":6.125}},"logs":"{logs}"}}"#
            ),
            id = ID_MARK,
            t = TIME_MARK,
            seq = SEQ_MARK,
            version = version,
            image = image,
            logs = logs,
        )
    }
}

fn random_base64(len: usize, rng: &mut Rng) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..len).map(|_| ALPHABET[(rng.next_u64() >> 58) as usize] as char).collect()
}

fn progress_log(len: usize, rng: &mut Rng) -> String {
    let mut text = String::with_capacity(len + 64);
    let mut step = 0;
    while text.len() < len {
        step += 1;
        let rate = 3.0 + rng.unit() * 2.0;
        text.push_str(&format!("{:3}%|####    | {step}/1000 [00:{:02}<01:12, {rate:.2}it/s] ", step / 10, step % 60));
    }
    text.truncate(len);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract;

    #[test]
    fn bodies_are_valid_json_of_the_exact_size() {
        for size in [1024, 10 * 1024, 100 * 1024] {
            let bodies = Bodies::new(size, 42);
            for seq in 0..40 {
                let body = bodies.render(seq, 1_700_000_000_000_000 + seq);
                assert_eq!(body.len(), size);
                let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(value["id"], bodies.id(seq).as_str());
                assert_eq!(extract::u64_field(&body, "t_us"), Some(1_700_000_000_000_000 + seq));
                assert_eq!(value["seq"], seq);
            }
            assert_eq!(extract::u64_field(&bodies.render(0, 0), "t_us"), Some(0));
        }
    }

    #[test]
    fn ids_are_unique_per_run_and_sequence() {
        let (a, b) = (Bodies::new(1024, 1), Bodies::new(1024, 2));
        assert_ne!(a.id(1), a.id(2));
        assert_ne!(a.id(1), b.id(1));
        assert_eq!(a.id(1).len(), ID_LEN);
    }
}
