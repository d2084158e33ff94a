// REQUIRES: venv
// RUN: rm -rf %t && split-file %s %t && cd %t && %python %S/Inputs/matrices.py
// RUN: quant-opt model.mlir --pass-pipeline='builtin.module(func.func(qnt-split-channel-ops),qnt-insert-matrices{matrices=f32.safetensors numbers=f32.bin only=true},qnt-insert-transforms{block=4},qnt-fuse-transforms,qnt-verify-equivalence{against=model.mlir bound=1e-5 extents=t=7 integer-max=5})' 2>&1 | FileCheck %s --check-prefix=F32
// RUN: quant-opt model.mlir --pass-pipeline='builtin.module(func.func(qnt-split-channel-ops),qnt-insert-matrices{matrices=f32.safetensors numbers=f32.bin},qnt-insert-transforms{block=4},qnt-fuse-transforms,qnt-verify-equivalence{against=model.mlir bound=1e-5 extents=t=7 integer-max=5})' 2>&1 | FileCheck %s --check-prefix=REST
// RUN: quant-opt model.mlir --pass-pipeline='builtin.module(func.func(qnt-split-channel-ops),qnt-insert-matrices{matrices=f64.safetensors numbers=f64.bin only=true},qnt-insert-transforms{block=4},qnt-fuse-transforms,qnt-verify-equivalence{against=model.mlir bound=1e-5 extents=t=7 integer-max=5})' 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: quant-opt model.mlir --pass-pipeline='builtin.module(func.func(qnt-split-channel-ops),qnt-insert-matrices{matrices=f16.safetensors numbers=f16.bin only=true},qnt-insert-transforms{block=4},qnt-fuse-transforms,qnt-verify-equivalence{against=model.mlir bound=1e-5 extents=t=7 integer-max=5})' 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: quant-opt model.mlir --pass-pipeline='builtin.module(func.func(qnt-split-channel-ops),qnt-insert-matrices{matrices=bf16.safetensors numbers=bf16.bin only=true},qnt-insert-transforms{block=4},qnt-fuse-transforms,qnt-verify-equivalence{against=model.mlir bound=1e-5 extents=t=7 integer-max=5})' 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: quant-opt model.mlir --pass-pipeline='builtin.module(func.func(qnt-split-channel-ops),qnt-insert-matrices{matrices=linear.safetensors numbers=linear.bin only=true},qnt-insert-transforms{block=4},qnt-fuse-transforms)' 2>&1 | FileCheck %s --check-prefix=LINEAR
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=near.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=NEAR
// RUN: not quant-opt model.mlir --qnt-insert-matrices='matrices=near.safetensors' 2>&1 | FileCheck %s --check-prefix=NUMBERS
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=unfused.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=UNFUSED
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=singular.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=SINGULAR
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=infinite.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=INFINITE
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=narrow.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=NARROW
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=vector.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=integers.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=INTEGERS
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=other_size.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=OTHER-SIZE
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=nobody.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=NOBODY
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=twice.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=shared.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=SHARED
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=pattern.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=PATTERN
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=missing.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=/dev/zero numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=DEVICE
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=cut.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=CUT
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=cut_header.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=CUT-HEADER
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=empty.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=long_header.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=LONG-HEADER
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=no_json.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=NO-JSON
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=deep.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=DEEP
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=outside.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=backwards.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=BACKWARDS
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=overflow.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=OVERFLOW
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=unfilled.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=UNFILLED
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=negative.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=no_dtype.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=NO-DTYPE
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=strange_dtype.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=STRANGE-DTYPE
// RUN: not quant-opt model.mlir --qnt-split-channel-ops --qnt-insert-matrices='matrices=no_offsets.safetensors numbers=bad.bin' 2>&1 | FileCheck %s --check-prefix=NO-OFFSETS
// RUN: not ls bad.bin

// One of its readers names the stream, whose gains the readers take: the table, o and down write to it, q, k, v, gate, up and head read it. The values' matrix is every
// head's. No map crosses the gated product: a block before its reader stays.
// F32: remark: {{.*}}o0{{.*}}: its input is in the basis of a matrix of 4 channels, fused into 2 weights
// F32: remark: {{.*}}gate0{{.*}}: its input is in the basis of a matrix of 8 channels, fused into 9 weights; {{.*}} values share the basis
// F32: remark: {{.*}}down0{{.*}}: its input is multiplied with a matrix of 4 channels at run time: elementwise mul 'gated0' lets permutation|sign|scale through
// F32: qnt.basis "private" @{{.*}} : 8 = #qnt.orthogonal<8, data = @{{.*}}>
// F32-NOT: hadamard
// F32: func.func @main
// F32-DAG: qnt.transform %{{.*}} {nn.note = "multiplied with a matrix of 4 channels at run time: elementwise mul 'gated0'
// F32-DAG: nn.linear {{.*}} {nn.note = "input in the basis of a matrix of 8 channels, fused into 9 weights"}
// F32-NOT: qnt.rotate
// F32: func.func private @{{.*}}() -> tensor<8x8xf32>
// F32-NEXT: nn.parameter {{.*}} at <file = "f32.bin"

// All who ask for a rotation have a matrix.
// REST-NOT: hadamard

// Rounded orthogonal matrices are the nearest orthogonal ones; only the stream has one.
// ONE: remark: {{.*}}gate0{{.*}}: its input is in the basis of a matrix of 8 channels, fused into 9 weights
// ONE: remark: {{.*}}largest relative difference
// ONE-NOT: hadamard

// The inverse of a matrix is no formula: test/Tools/transform.test runs what this makes.
// LINEAR: remark: {{.*}}o0{{.*}}: its input is in the basis of a matrix of 4 channels, fused into 2 weights
// LINEAR: #qnt.linear<4, data = @
// LINEAR-DAG: qnt.transform %{{.*}} to @{{.*}} axis = 0 : tensor<8x8xf32>
// LINEAR-DAG: qnt.transform %{{.*}} to dual @{{.*}} axis = 1 : tensor<8x8xf32>

// NEAR: error: 'near.safetensors': tensor 'gate0' is not orthogonal, an element of its product with its transpose is off by {{.*}} (at most 1.00e-05 of F32), and any other map of the input of 'gate0' is not fused: {{.*}}
// NUMBERS: error: numbers must name the file that gets the matrices
// UNFUSED: error: 'unfused.safetensors': tensor 'down0' is not orthogonal, {{.*}}, and any other map of the input of 'down0' is not fused: elementwise mul 'gated0' lets {{.*}} through
// SINGULAR: error: 'singular.safetensors': tensor 'o0': a matrix of 4 channels is singular
// INFINITE: error: 'infinite.safetensors': tensor 'o0': {{.*}}finite
// NARROW: error: 'narrow.safetensors': tensor 'gate0' is F32 [8, 4]: a matrix of channels is square
// VECTOR: error: 'vector.safetensors': tensor 'gate0' is F32 [8]: a matrix of channels is square
// INTEGERS: error: 'integers.safetensors': tensor 'gate0' is I32 [8, 8]: expected F64, F32, F16 or BF16
// OTHER-SIZE: error: 'other_size.safetensors': tensor 'gate0' is a matrix of 3 channels, which do not divide the 8 that 'gate0' reads
// NOBODY: error: 'nobody.safetensors': tensor 'head7': no linear map that will be quantized has that name; nibble inspect lists the names of layers, and * in a tensor's name stands for any part of one
// TWICE: error: 'twice.safetensors': tensors 'gate*' and 'gate0' are both for 'gate0'
// SHARED: error: 'shared.safetensors': tensors 'gate0' and 'head' are for one basis, which 'gate0' and 'head' share
// PATTERN: error: 'pattern.safetensors': tensor 'gate[': invalid glob pattern{{.*}}
// MISSING: error: cannot read 'missing.safetensors': No such file or directory
// DEVICE: error: cannot read '/dev/zero': it is a device
// CUT: error: 'cut.safetensors' is no safetensors file: tensor 'gate0' is at bytes 0 to 256 of 248: outside of the file, which may be cut short
// CUT-HEADER: error: 'cut_header.safetensors' is no safetensors file: its header has {{.*}} bytes, but 32 follow: the file is cut short
// EMPTY: error: 'empty.safetensors' is no safetensors file: it has 0 bytes, less than the length of a header
// LONG-HEADER: error: 'long_header.safetensors' is no safetensors file: its header would have 1099511627776 bytes, over the format's limit of 100000000
// NO-JSON: error: 'no_json.safetensors' is no safetensors file: its header is no JSON object
// DEEP: error: 'deep.safetensors' is no safetensors file: its header is no JSON object
// OUTSIDE: error: 'outside.safetensors' is no safetensors file: tensor 'gate0' is at bytes 1099511627776 to 1099511628032 of 256: outside of the file, which may be cut short
// BACKWARDS: error: 'backwards.safetensors' is no safetensors file: tensor 'gate0' is at bytes 256 to 0 of 256
// OVERFLOW: error: 'overflow.safetensors' is no safetensors file: tensor 'gate0' is F32 [1099511627776, 1099511627776], which does not fill its 256 bytes
// UNFILLED: error: 'unfilled.safetensors' is no safetensors file: tensor 'gate0' is F32 [8, 4], which does not fill its 256 bytes
// NEGATIVE: error: 'negative.safetensors' is no safetensors file: tensor 'gate0' has no shape of integers that are not negative
// NO-DTYPE: error: 'no_dtype.safetensors' is no safetensors file: tensor 'gate0' has no dtype
// STRANGE-DTYPE: error: 'strange_dtype.safetensors' is no safetensors file: tensor 'gate0' has the unknown dtype 'F3'
// NO-OFFSETS: error: 'no_offsets.safetensors' is no safetensors file: tensor 'gate0' has no data_offsets of two integers

//--- model.mlir
module attributes {nn.symbols = ["t"]} {
  func.func @main(%ids: tensor<?xi64> {nn.name = "ids", nn.shape = affine_map<()[s0] -> (s0)>}) -> (tensor<?x5xf32> {nn.name = "y"}) {
    %c0 = arith.constant 0 : index
    %t = tensor.dim %ids, %c0 : tensor<?xi64>
    %table = arith.constant dense<[[-0.803, 0.243, -1.66, 0.656, 1.14, -0.453, 0.43, 0.251], [-0.394, -0.862, -2.03, 1.41, -0.0476, 2.52, 0.826, 0.278], [-0.657, 1.39, -0.506, 1.57, -0.398, 0.186, -1.52, 2.34], [-0.094, -0.385, 0.811, -0.891, 0.768, -1.17, 0.545, -1.04], [-1.84, -0.594, -1.46, 0.553, 0.0217, 0.509, 0.0913, -0.354], [0.0281, 1.05, -0.183, -0.762, -0.97, -0.222, -0.75, 1.88]]> : tensor<6x8xf32>
    %gain1 = arith.constant dense<[-1.18, -1.08, -0.306, 0.65, -0.268, -0.958, -0.807, -0.351]> : tensor<8xf32>
    %gain2 = arith.constant dense<[0.973, -0.978, -0.0913, -0.613, 0.325, 0.397, -1.47, 2.39]> : tensor<8xf32>
    %wq = arith.constant dense<[[0.19, -0.509, -0.894, -0.26, 0.0318, 0.595, 0.00562, 0.484], [-1.61, -0.752, -1.01, 0.165, 0.458, -1.47, -0.168, 0.725], [0.915, -1.12, 0.563, 0.338, -0.436, 1.96, -1.12, -0.277], [0.455, 0.243, -0.171, 1.38, 1.45, 0.913, 1.0, -0.0549], [-1.16, 2.19, -0.958, 2.23, -0.127, 0.232, -0.169, 0.958], [-0.508, 1.84, 0.535, 0.175, -0.57, 0.281, -0.00325, 1.9], [0.936, -1.56, 1.53, -2.37, 1.54, -1.89, 0.000768, 0.812], [-0.00773, -1.1, 1.23, -1.78, -1.46, 1.38, -0.865, 0.247]]> : tensor<8x8xf32>
    %wk = arith.constant dense<[[0.81, -0.106, 0.276, 0.121, 0.214, 1.19, 0.934, 0.323], [0.917, -0.542, -0.764, -1.0, 0.784, 1.62, 0.085, -1.98], [-0.509, 0.468, 0.297, 0.0937, 0.989, 0.927, -1.34, 0.435], [-0.74, 0.233, 1.24, 1.83, 0.7, -0.506, -0.351, 0.533], [-0.988, -0.0677, 0.605, 0.918, -0.297, 0.37, 1.36, 0.305], [-1.72, 0.214, 0.251, -0.421, 0.043, -1.48, 1.25, 0.422], [-0.544, 0.236, 0.132, -0.864, -2.67, -2.85, 2.02, -1.12], [-0.294, 0.572, -0.362, 1.19, -0.949, 0.563, -2.09, 0.715]]> : tensor<8x8xf32>
    %wv = arith.constant dense<[[0.688, 0.367, 0.301, 0.268, 0.864, 0.962, -0.944, 1.06], [-0.948, 0.165, -0.253, 0.481, -0.332, 0.405, -0.479, -0.959], [1.07, 0.573, 0.514, 0.957, -1.06, 0.914, -1.06, 0.381], [-0.179, 0.272, 0.697, 0.0213, -0.921, 0.93, 1.18, 0.685], [1.04, -1.76, 0.0721, -0.114, -1.95, 0.109, 0.00331, -1.51], [-0.84, 0.0851, 0.602, 0.708, -1.11, -1.08, -0.505, -0.0499], [-0.575, -0.192, 0.71, 0.684, 0.138, -1.14, -0.491, 0.564], [0.87, 1.06, -1.06, -0.464, -1.21, -2.94, -1.09, -1.77]]> : tensor<8x8xf32>
    %wo = arith.constant dense<[[1.39, 0.474, -0.641, 0.0675, 0.416, 1.75, 0.778, 1.53], [0.489, 1.31, 1.45, 0.936, 0.0376, 1.1, -0.387, 1.43], [-0.267, -0.674, 1.89, -0.404, 0.17, -1.06, -0.692, -0.332], [-0.982, 1.23, -0.717, -1.25, 1.12, 0.715, -2.32, -0.562], [1.0, -0.761, -0.27, -0.232, -2.25, -0.879, 0.779, 1.46], [-0.064, -0.0929, 0.57, 0.184, 0.527, -0.856, 0.042, 0.524], [0.616, -1.54, 0.841, 0.136, 0.176, -1.75, 0.0596, -1.56], [-2.5, 0.117, 0.0181, 0.081, 0.201, 0.0259, 1.13, 0.84]]> : tensor<8x8xf32>
    %wg = arith.constant dense<[[1.66, 2.56, 0.809, 0.839, 1.94, -0.83, -0.282, 0.3], [-1.51, 1.01, 1.62, -1.21, -0.77, 0.944, 1.39, -1.62], [0.576, -0.177, -1.82, -0.403, -0.552, 0.12, 0.0489, -0.265], [-0.126, -0.15, 0.519, 0.971, 0.965, -0.888, -0.791, -0.67], [1.42, 0.478, -0.767, -1.16, -1.01, 0.0284, -1.1, -0.00796], [1.35, -0.257, 0.854, -1.52, 0.356, 0.291, -0.923, 1.38], [-0.00694, -0.689, -0.294, 0.952, -1.37, 0.149, -0.962, 0.226], [-0.529, -0.074, 0.76, 0.0421, 0.552, 0.699, 0.407, 0.226], [0.0425, 0.637, 1.2, 1.84, 1.76, -0.993, 0.294, 0.489], [1.22, 1.06, -1.43, 0.276, -1.71, -0.475, -0.927, -0.612], [1.58, -0.543, -0.501, 0.123, 1.07, -1.7, 1.62, -0.765], [-0.995, 0.126, 0.671, 2.71, 0.895, -0.596, -0.21, -0.962]]> : tensor<12x8xf32>
    %wu = arith.constant dense<[[0.651, 0.822, -0.34, 1.13, -1.7, -0.487, -0.934, -0.6], [-1.65, 0.945, -0.965, -0.144, 1.17, 1.6, 1.17, -2.25], [-0.316, -0.364, -0.698, -0.799, -0.567, 0.575, -0.476, -1.36], [-1.59, 0.131, -1.74, 0.69, -0.509, -0.517, 0.219, -0.371], [0.702, -1.3, -1.83, 1.96, 0.164, -2.59, 1.7, -1.42], [2.06, 1.82, 0.881, 0.00168, -0.876, 0.957, -0.401, 1.09], [-0.28, -1.58, -0.703, 0.0633, -0.492, 0.143, -0.925, 1.63], [-0.522, 0.529, -1.67, 0.84, 1.56, 0.615, -0.234, -0.921], [0.622, 0.596, -1.3, 0.031, 0.56, -0.768, 0.626, -0.256], [1.48, -1.26, 0.542, 0.136, -1.87, -0.919, -0.844, 0.95], [-0.345, 0.00635, 0.164, 2.61, -0.226, 1.96, -0.175, -1.57], [-0.808, -1.24, -0.362, -1.46, -0.909, 1.93, 0.249, 0.345]]> : tensor<12x8xf32>
    %wd = arith.constant dense<[[1.83, -1.65, 0.576, -0.465, -0.0243, -0.677, 0.127, 1.25, 1.22, 0.257, 0.833, -1.19], [-2.93, 1.05, 2.05, 0.477, -0.61, 0.0564, 1.23, -1.16, 0.081, 0.623, -1.02, 2.11], [0.824, 1.67, -1.07, 0.225, 1.54, 0.458, 1.27, -1.85, -0.082, -2.0, -0.496, 0.296], [-0.108, -1.26, 0.303, 0.66, -0.0936, 0.817, 1.15, 1.25, -0.336, 0.52, -0.636, -0.0846], [1.08, -0.105, -0.452, -0.594, 0.519, 1.62, 0.927, -0.224, 0.803, 0.952, 1.47, -0.675], [0.638, -0.4, -0.543, 1.26, 0.548, 0.0768, 1.36, 0.168, -0.883, 0.91, -0.926, -0.868], [-0.416, -0.157, 0.9, -0.354, -1.82, -0.567, 0.314, -0.12, -0.121, -1.22, -0.389, 0.579], [0.597, -0.833, -0.725, -0.969, 0.934, -0.748, -0.272, -0.823, -0.909, -0.13, 0.898, -0.574]]> : tensor<8x12xf32>
    %wh = arith.constant dense<[[1.17, -0.0553, 0.723, 2.48, 2.27, 0.29, 0.0801, -0.149], [0.713, -1.87, -0.703, -0.135, -0.763, -0.993, 1.3, -1.46], [-0.43, -0.58, -0.468, -1.05, 0.762, -0.115, 1.74, -1.36], [0.123, -1.28, 0.23, 1.17, -1.14, 0.99, -0.816, -1.15], [0.326, 0.746, 0.133, 0.312, -0.0335, -0.508, -2.15, -0.369]]> : tensor<5x8xf32>
    %x = nn.embedding %table, %ids : (tensor<6x8xf32>, tensor<?xi64>) -> tensor<?x8xf32> loc("embed")
    %n = nn.rms_norm %x scale %gain1 axis 1 epsilon 1.0e-6 : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("norm1")
    %q0 = nn.linear %n, %wq : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("q0")
    %k0 = nn.linear %n, %wk : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("k0")
    %v0 = nn.linear %n, %wv : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("v0")
    %q1 = nn.reshape %q0 shape [1, %t, 2, 4] : tensor<?x8xf32> -> tensor<1x?x2x4xf32>
    %k1 = nn.reshape %k0 shape [1, %t, 2, 4] : tensor<?x8xf32> -> tensor<1x?x2x4xf32>
    %v1 = nn.reshape %v0 shape [1, %t, 2, 4] : tensor<?x8xf32> -> tensor<1x?x2x4xf32>
    %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
    %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
    %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
    %a = nn.attention %q2, %k2, %v2 scale 0.5 {causal} : (tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) -> tensor<1x2x?x4xf32> loc("attention")
    %a1 = nn.transpose %a permutation [0, 2, 1, 3] : tensor<1x2x?x4xf32> -> tensor<1x?x2x4xf32>
    %a2 = nn.reshape %a1 shape [%t, 8] : tensor<1x?x2x4xf32> -> tensor<?x8xf32>
    %o = nn.linear %a2, %wo : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32> loc("o0")
    %r = nn.elementwise <add> %x, %o : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32> loc("add1")
    %m = nn.rms_norm %r scale %gain2 axis 1 epsilon 1.0e-6 : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> loc("norm2")
    %g0 = nn.linear %m, %wg : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32> loc("gate0")
    %u0 = nn.linear %m, %wu : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32> loc("up0")
    %s = nn.elementwise <silu> %g0 : (tensor<?x12xf32>) -> tensor<?x12xf32> loc("silu0")
    %p = nn.elementwise <mul> %s, %u0 : (tensor<?x12xf32>, tensor<?x12xf32>) -> tensor<?x12xf32> loc("gated0")
    %d = nn.linear %p, %wd : (tensor<?x12xf32>, tensor<8x12xf32>) -> tensor<?x8xf32> loc("down0")
    %z = nn.elementwise <add> %r, %d : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32> loc("add2")
    %f = nn.rms_norm %z axis 1 epsilon 1.0e-6 : (tensor<?x8xf32>) -> tensor<?x8xf32> loc("norm3")
    %y = nn.linear %f, %wh : (tensor<?x8xf32>, tensor<5x8xf32>) -> tensor<?x5xf32> loc("head")
    return %y : tensor<?x5xf32>
  }
}
