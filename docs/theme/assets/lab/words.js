/** The words of the labs, in English and in Chinese: one table, in which braces are filled in. */

/** @type {Record<string, [string, string]>} */
const WORDS = {
  stage: ["The lab; arrow keys choose an output", "实验台；用方向键选择输出"],
  "hint.keys": [
    "Click an output, or focus the picture and use the arrow keys (Page Up and Page Down change the channel).",
    "点击一个输出；或让图获得焦点后按方向键（PageUp、PageDown 换通道）。",
  ],
  play: ["Play", "播放"],
  pause: ["Pause", "暂停"],
  step: ["Step", "下一步"],
  stepBack: ["Back", "上一步"],
  refused: ["Refused:", "被拒绝："],
  colon: [": ", "："],
  comma: [", ", "、"],
  semicolon: ["; ", "；"],

  // one axis
  dims: ["dimensions", "维数"],
  "dims.1": ["1-d", "一维"],
  "dims.2": ["2-d", "二维"],
  n: ["extent n", "长度 n"],
  k: ["kernel k", "卷积核 k"],
  s: ["stride s", "步幅 s"],
  d: ["dilation d", "膨胀 d"],
  lo: ["low pad", "低端填充"],
  hi: ["high pad", "高端填充"],
  "axis.0": ["first axis (rows)", "第一个轴（行）"],
  "axis.1": ["second axis (columns)", "第二个轴（列）"],
  rows: ["rows", "行"],
  columns: ["columns", "列"],
  channels: ["channels", "通道"],
  c: ["input channels", "输入通道"],
  o: ["kernels", "卷积核个数"],
  turns: ["variants", "变化"],
  flip: ["flip the kernel (true convolution)", "翻转卷积核（真正的卷积）"],
  back: ["transposed", "转置"],
  causal: ["causal pads", "因果填充"],
  input: ["input", "输入"],
  kernel: ["kernel of the chosen output", "所选输出的卷积核"],
  kernelTurned: ["its kernel, turned by 180°", "它的卷积核，旋转 180°"],
  output: ["output", "输出"],
  position: ["position", "位置"],
  isPadding: ["(padding)", "（填充）"],
  neverRead: ["Never read: {what}.", "从未被读到：{what}。"],
  "neverRead.none": ["Every element is read.", "每个元素都被读到。"],
  neverWritten: ["No input reaches: {what}.", "没有输入落到：{what}。"],
  "neverWritten.none": ["Every output is reached by some input.", "每个输出都有输入落到。"],
  sum: ["— a sum of {count} products; those on padding are grey", "——{count} 个乘积之和，落在填充上的为灰色"],
  "sum.back": [
    "— products of input and weight that meet there: {count}",
    "——在此相加的输入与权重的乘积：{count} 个",
  ],
  "told.line": ["{n} elements; each window reads these positions.", "{n} 个元素；各窗口读取的位置："],
  "told.back": ["{n} outputs; each input writes to these positions.", "{n} 个输出；各输入写入的位置："],

  // code
  code: ["code", "代码"],
  "code.numpy": ["NumPy", "NumPy"],
  "code.torch": ["PyTorch", "PyTorch"],
  "code.jax": ["JAX", "JAX"],
  "code.onnx": ["ONNX", "ONNX"],

  "preset.k9": ["7×7×3 → 3×3×2", "7×7×3 → 3×3×2"],
  "preset.k9pad": ["5×5×3, padded by 1", "5×5×3，填充 1"],
  "preset.worked": ["3×4, kernel 2×2", "3×4，卷积核 2×2"],
  "preset.unread": ["what is never read", "从未被读到的元素"],
  "preset.dilated": ["dilated", "膨胀"],
  "preset.causal": ["causal", "因果"],
  "preset.back": ["transposed", "转置"],
};

const COLUMN = document.documentElement.lang.startsWith("zh") ? 1 : 0;

/**
 * The words for a key, with what is in braces filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  const words = WORDS[key];
  if (!words) throw new Error(`no words for ${key}`);
  return words[COLUMN].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
