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

  // the shape calculator
  "stack.input": ["input: channels, extents", "输入：通道数, 各轴长度"],
  "stack.badInput": [
    "the input is channels and one to three extents, such as 3, 7, 7",
    "输入要写通道数和一到三个长度，例如 3, 7, 7",
  ],
  "stack.kind": ["kind of layer", "层的种类"],
  "stack.remove": ["remove this layer", "去掉这一层"],
  "stack.axis": ["axis {at}:", "轴 {at}："],
  "stack.each": ["each axis:", "每个轴："],
  "stack.shape": ["shape (C×…)", "形状（C×…）"],
  "stack.field": ["receptive field", "感受野"],
  "stack.jump": ["step between neighbours (jump)", "相邻输出的感受野相隔"],
  "stack.first": ["output 0 sees (padding counted)", "输出 0 看到（含填充）"],
  "stack.parameters": ["parameters", "参数个数"],
  "stack.products": ["multiply-adds per sample", "每个样本的乘加次数"],
  "field.agree": [
    "— the formula gives {r}, step {j}; tracing every output back finds the same ✓",
    "——公式给出 {r}，相隔 {j}；从每个输出往回追，结果相同 ✓",
  ],
  "field.differ": ["— the formula gives {r}, step {j}", "——公式给出 {r}，相隔 {j}"],
  "field.traced": ["— the largest, traced back layer by layer", "——逐层往回追得到的最大者"],
  "kind.conv": ["convolution", "卷积"],
  "kind.pool": ["pooling", "汇聚"],
  "kind.transposed": ["transposed convolution", "转置卷积"],
  "kind.adaptive": ["adaptive pooling", "自适应汇聚"],
  "option.o": ["kernels", "卷积核个数"],
  "option.k": ["kernel", "卷积核"],
  "option.s": ["stride", "步幅"],
  "option.p": ["padding", "填充"],
  "option.d": ["dilation", "膨胀"],
  "option.e": ["output padding", "输出填充"],
  "option.to": ["output size", "输出长度"],
  "counted.conv": ["counted: {count} windows, starting at {shown}", "数出来：{count} 个窗口，起点 {shown}"],
  "counted.pool": ["counted: {count} windows, starting at {shown}", "数出来：{count} 个窗口，起点 {shown}"],
  "counted.transposed": [
    "places written: {shown}, less the pads: {count}",
    "写入的位置：{shown}，减去填充：{count}",
  ],
  "counted.adaptive": ["{count} windows: {shown}", "{count} 个窗口：{shown}"],
  "counted.differs": [
    "✗ — the last one would begin in the high padding, so there are {m}",
    "✗——最后一个会从高端填充里开始，所以是 {m} 个",
  ],
  "preset.vgg": ["two VGG blocks", "两个 VGG 块"],
  "preset.resnet": ["ResNet stem", "ResNet 的开头"],
  "preset.unet": ["down and up again", "先缩小再放大"],
  "preset.wave": ["causal, dilated", "因果、膨胀"],
  "preset.ceil": ["a dropped window", "被去掉的窗口"],

  // the equivariance bench
  image: ["image", "图像"],
  "image.letter": ["a letter", "字母"],
  "image.dot": ["a dot", "一个点"],
  "image.checks": ["checks", "棋盘格"],
  filter: ["filter", "滤波器"],
  "filter.edge": ["edge", "边缘"],
  "filter.blur": ["blur", "模糊"],
  "filter.corner": ["corner", "角点"],
  "filter.same": ["none", "不滤波"],
  pad: ["padding", "填充"],
  "pad.circular": ["circular", "循环"],
  "pad.zero": ["zeros", "补零"],
  pool: ["pooling", "汇聚"],
  "pool.none": ["none", "无"],
  "pool.max": ["max 2×2", "最大 2×2"],
  "pool.mean": ["mean 2×2", "平均 2×2"],
  "pool.global": ["global max", "全局最大"],
  moved: ["stride and shift", "步幅与平移"],
  dy: ["moved down", "下移"],
  dx: ["moved right", "右移"],
  "bench.row1": ["first moved, then the layer", "先平移，后过层"],
  "bench.row2": ["first the layer, then moved", "先过层，后平移"],
  "bench.row3": ["the difference", "两者之差"],
  "bench.moved": ["T x, v = {v}: drag me", "T x，v = {v}：拖我"],
  "bench.first": ["f(T x)", "f(T x)"],
  "bench.f": ["f(x)", "f(x)"],
  "bench.last": ["T f(x)", "T f(x)"],
  "bench.gap": ["f(T x) − T f(x)", "f(T x) − T f(x)"],
  "bench.equal": ["Equal at all {all} outputs.", "全部 {all} 个输出都相等。"],
  "bench.differ": [
    "They differ at {differ} of {all} outputs, by {most} at most.",
    "{all} 个输出里有 {differ} 个不等，最多相差 {most}。",
  ],
  "bench.hint": [
    "Drag the image, or focus the picture and use the arrow keys. Blue is above 0, orange below.",
    "拖动图像；或让图获得焦点后按方向键。蓝色大于 0，橙色小于 0。",
  ],
  "promise.torus": [
    "Promised: on the torus, for every shift by multiples of the total stride {s}, if the strides divide the extents (EQUI-1, EQUI-2, EQUI-6).",
    "有保证：在环面上，只要步幅整除长度，平移总步幅 {s} 的倍数就严格等变（EQUI-1、EQUI-2、EQUI-6）。",
  ],
  "promise.seam": [
    "Nothing is promised: a stride does not divide the extent it steps over, so the torus has a seam.",
    "没有保证：步幅不整除它所走的长度，环面上有一道接缝。",
  ],
  "promise.between": [
    "Nothing is promised: the shift is no multiple of the total stride {s}. The output was moved by the whole steps in it.",
    "没有保证：平移量不是总步幅 {s} 的倍数。输出只平移了其中的整步。",
  ],
  "promise.interior": [
    "Promised: inside the frame, at {inside} outputs whose windows hold neither padding nor what came or went (EQUI-3).",
    "有保证：在方框之内的 {inside} 个输出上，窗口里既没有填充，也没有进来或离开的内容（EQUI-3）。",
  ],
  "promise.global": [
    "Promised: a global maximum on the torus does not move at all (INV-1, INV-3).",
    "有保证：环面上的全局最大值完全不变（INV-1、INV-3）。",
  ],
  "promise.globalNot": [
    "Nothing is promised: invariance needs the torus, and a shift by multiples of the total stride {s} (INV-3).",
    "没有保证：不变性需要环面，以及总步幅 {s} 的倍数的平移（INV-3）。",
  ],
  "preset.torus": ["circular", "循环填充"],
  "preset.border": ["zero padding", "补零"],
  "preset.stride": ["stride 2, odd shift", "步幅 2，平移奇数格"],
  "preset.even": ["stride 2, even shift", "步幅 2，平移偶数格"],
  "preset.alias": ["checks turn over", "棋盘格翻转"],
  "preset.invariant": ["global maximum", "全局最大值"],
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
