//! Three operations of convolutional networks, to be checked by cnnspec: put your own in their place.
mod cnnspec;
use cnnspec::{serve, Call, Refusal, Refusal::*, Tensor};

/// What is claimed is checked, and nothing else: no dilation and no groups here.
const HELLO: &str = concat!(
    r#"{"name":"engine","version":"1","language":"Rust","claims":{"operations":{"conv2d":"#,
    r#"{"options":["stride","padding"],"padding":"asymmetric","bias":"optional","dtypes":["float32","float64"]},"#,
    r#""max_pool2d":{"options":["stride","padding"],"padding":"asymmetric","dtypes":["float32","float64"]},"#,
    r#""relu":{"dtypes":["float32","float64"]}}}}"#,
);

fn index(t: &Tensor, a: usize, b: usize, c: usize, d: usize) -> usize {
    ((a * t.shape[1] + b) * t.shape[2] + c) * t.shape[3] + d
}

fn tap(x: &Tensor, n: usize, c: usize, row: i64, column: i64, outside: f64) -> f64 {
    let inside = 0 <= row && row < x.shape[2] as i64 && 0 <= column && column < x.shape[3] as i64;
    if inside { x.values[index(x, n, c, row as usize, column as usize)] } else { outside }
}

/// The result of element(n, o, top, left) for every window, which begins at row top and column left of x.
fn slide<F>(call: &Call, x: &Tensor, channels: usize, k: &[i64], element: F) -> Result<Tensor, Refusal>
where F: Fn(usize, usize, i64, i64) -> f64 {
    let (s, p) = (call.attr("stride"), call.attr("padding"));
    if k.len() != 2 || s.len() != 2 || p.len() != 4 { return Err(Rejected("there are 2 spatial axes")) }
    let (mut shape, mut values) = (vec![x.shape[0], channels], Vec::new());
    for a in 0..2 {
        let room = x.shape[2 + a] as i64 + p[2 * a] + p[2 * a + 1] - k[a];
        if k[a] < 1 || s[a] < 1 || room < 0 {
            return Err(Rejected("kernel and stride must be >= 1, and a window must fit"));
        }
        shape.push((room / s[a] + 1) as usize);
    }
    for n in 0..shape[0] { for o in 0..channels { for i in 0..shape[2] as i64 { for j in 0..shape[3] as i64 {
        values.push(element(n, o, s[0] * i - p[0], s[1] * j - p[2]));
    }}}}
    Ok(Tensor { shape, values })
}

fn conv2d(call: &Call, x: &Tensor, w: &Tensor, b: Option<Tensor>) -> Result<Tensor, Refusal> {
    if x.shape.len() != 4 || w.shape.len() != 4 || x.shape[1] != w.shape[1] {
        return Err(Rejected("the shapes of x and w do not fit"));
    }
    if b.as_ref().is_some_and(|b| b.shape != w.shape[..1]) { return Err(Rejected("b must be one number a channel")) }
    let (rows, columns) = (w.shape[2], w.shape[3]);
    slide(call, x, w.shape[0], &[rows as i64, columns as i64], |n, o, top, left| {
        let mut sum = b.as_ref().map_or(0.0, |b| b.values[o]);
        for c in 0..w.shape[1] { for u in 0..rows { for v in 0..columns {
            sum += tap(x, n, c, top + u as i64, left + v as i64, 0.0) * w.values[index(w, o, c, u, v)];
        }}}
        sum
    })
}

fn max_pool2d(call: &Call, x: &Tensor) -> Result<Tensor, Refusal> {
    let k = call.attr("kernel_size");
    if x.shape.len() != 4 { return Err(Rejected("x must have 4 axes")) }
    slide(call, x, x.shape[1], &k, |n, c, top, left| {
        let mut most = f64::NEG_INFINITY; // padding never wins, and NaN stays
        for u in 0..k[0] { for v in 0..k[1] {
            let value = tap(x, n, c, top + u, left + v, f64::NEG_INFINITY);
            if value > most || value.is_nan() { most = value; }
        }}
        most
    })
}

fn run(call: &Call) -> Result<Tensor, Refusal> {
    let (Some(x), "float32" | "float64") = (call.input("x"), call.word("dtype")) else { return Err(Unsupported) };
    match (call.word("op"), call.input("w")) {
        ("conv2d", Some(w)) => conv2d(call, &x, &w, call.input("b")),
        ("max_pool2d", _) => max_pool2d(call, &x),
        ("relu", _) => Ok(Tensor { values: x.values.iter().map(|v| if *v < 0.0 { 0.0 } else { *v }).collect(), ..x }),
        _ => Err(Unsupported),
    }
}

fn main() { serve(HELLO, run) }
