//! The protocol of cnnspec: one line of JSON comes in for each call, one goes out.
//! Requests hold no spaces and each name once, so looking for "stride": is enough, and no JSON library is needed.
use std::io::{stdin, BufRead};

const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub struct Tensor { pub shape: Vec<usize>, pub values: Vec<f64> } // row-major; values of float32, too
pub enum Refusal { Rejected(&'static str), Unsupported } // the call is invalid, or valid and not offered
pub struct Call(String); // the line of one request

impl Call {
    /// The word under a name, such as the operation under "op".
    pub fn word(&self, name: &str) -> &str {
        after(&self.0, name).and_then(|text| text.split('"').nth(1)).unwrap_or("")
    }
    /// The integers under a name: of 1, of [1,2] or of [[1,2],[3,4]].
    pub fn attr(&self, name: &str) -> Vec<i64> {
        after(&self.0, name).map(integers).unwrap_or_default()
    }
    /// An array of the call, where it was handed over.
    pub fn input(&self, name: &str) -> Option<Tensor> {
        let text = after(&self.0, name)?;
        let digits = after(text, "data")?.bytes().skip(1).map_while(|c| DIGITS.iter().position(|digit| *digit == c));
        let bytes = regroup(digits.map(|digit| digit as u8), 6, 8);
        let values = match self.word("dtype") {
            "float64" => bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
            _ => bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()) as f64).collect(),
        };
        Some(Tensor { shape: integers(after(text, "shape")?).iter().map(|n| *n as usize).collect(), values })
    }
}

fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split_once(&format!("\"{name}\":")).map(|(_, rest)| rest)
}

fn integers(text: &str) -> Vec<i64> {
    let value = text.split(['"', '}']).next().unwrap();
    value.split(['[', ']', ',']).filter_map(|number| number.parse().ok()).collect()
}

/// Bits in groups of another size: base64 is bytes in groups of six bits.
fn regroup(groups: impl Iterator<Item = u8>, from: u32, to: u32) -> Vec<u8> {
    let (mut found, mut bits, mut count, mask) = (Vec::new(), 0u32, 0, (1 << to) - 1);
    for group in groups {
        (bits, count) = (bits << from | group as u32, count + from);
        while count >= to { count -= to; found.push((bits >> count & mask) as u8) }
    }
    if to < from && count > 0 { found.push((bits << (to - count) & mask) as u8) }
    found
}

fn written(y: &Tensor, dtype: &str) -> String {
    let wide = dtype == "float64";
    let little = |v: &f64| if wide { v.to_le_bytes().to_vec() } else { (*v as f32).to_le_bytes().to_vec() };
    let bytes: Vec<u8> = y.values.iter().flat_map(little).collect();
    let digits = regroup(bytes.iter().copied(), 8, 6);
    let data: String = digits.iter().map(|digit| DIGITS[*digit as usize] as char).collect();
    let (shape, end) = (&y.shape, "=".repeat((3 - bytes.len() % 3) % 3));
    format!(r#"{{"dtype":"{dtype}","shape":{shape:?},"data":"{data}{end}"}}"#)
}

/// Answer calls until there are no more.
pub fn serve(hello: &str, run: impl Fn(&Call) -> Result<Tensor, Refusal>) {
    for call in stdin().lock().lines().map(|line| Call(line.expect("a line of text"))) {
        let answer = match call.word("cmd") {
            "hello" => { println!("{hello}"); continue }
            "stop" => return,
            _ => match run(&call) {
                Ok(y) => format!(r#""ok":{{"y":{}}}"#, written(&y, call.word("dtype"))),
                Err(Refusal::Rejected(rule)) => format!(r#""rejected":{{"message":"{rule}"}}"#),
                Err(Refusal::Unsupported) => String::from(r#""unsupported":{}"#),
            },
        };
        println!(r#"{{"id":{},{answer}}}"#, call.attr("id")[0]);
    }
}
