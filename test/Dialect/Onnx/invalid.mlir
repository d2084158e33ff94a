// RUN: quant-opt %s --split-input-file --verify-diagnostics

// expected-error@below {{needs the operator's type, such as "Conv"}}
onnx.node ""() domain "" version 13 : () -> ()

// -----

// expected-error@below {{domain ai.onnx must be written as ""}}
onnx.node "Relu"() domain "ai.onnx" version 13 : () -> ()

// -----

// expected-error@below {{opset versions start at 1, but this one is 0}}
onnx.node "Relu"() domain "" version 0 : () -> ()

// -----

// expected-error@below {{attribute 'axis' is no kind that ONNX has: use i64, f32, a string}}
onnx.node "Softmax"() domain "" version 13 {axis = 1 : i32} : () -> ()

// -----

// expected-error@below {{has 1 regions but names 0 in 'subgraph_names'}}
"onnx.node"() <{op_type = "If", domain = "", version = 13 : i64, node_attributes = {}, subgraph_names = []}> ({
  "onnx.yield"() : () -> ()
}) : () -> ()

// -----

// expected-error@below {{subgraph 'body' must be one block that ends in onnx.yield}}
onnx.node "Loop"() domain "" version 13 : () -> () subgraphs(body = {})

// -----

func.func @yield() {
  // expected-error@below {{expects parent op 'onnx.node'}}
  onnx.yield
}

// -----

// expected-error@below {{needs a tensor of numbers with a static shape, but its type is 'tensor<?xf32>'}}
%w = onnx.parameter "w" at <file = "f", offset = 0, length = 4, hash = 0x0> : tensor<?xf32>

// -----

// expected-error@below {{needs a tensor of numbers with a static shape, but its type is 'tensor<2x!onnx.string>'}}
%w = onnx.parameter "w" at <file = "f", offset = 0, length = 4, hash = 0x0> : tensor<2x!onnx.string>

// -----

// expected-error@below {{has a place of 4 bytes, but 'tensor<3xf32>' takes 12}}
%w = onnx.parameter "w" at <file = "f", offset = 0, length = 4, hash = 0x0> : tensor<3xf32>

// -----

// expected-error@below {{a place needs the file that holds the bytes}}
%w = onnx.parameter "w" at <file = "", offset = 0, length = 12, hash = 0x0> : tensor<3xf32>

// -----

// expected-error@below {{offset and length of a place count bytes: expected them and their sum in 0 .. 2^63-1}}
%w = onnx.parameter "w" at <file = "f", offset = 9223372036854775807, length = 12, hash = 0x0> : tensor<3xf32>

// -----

// expected-error@below {{integer does not fit in 64 bits without a sign}}
%w = onnx.parameter "w" at <file = "f", offset = -8, length = 12, hash = 0x0> : tensor<3xf32>

// -----

// expected-error@below {{integer does not fit in 64 bits without a sign}}
%w = onnx.parameter "w" at <file = "f", offset = 0, length = 12, hash = 0x10000000000000000> : tensor<3xf32>

// -----

// expected-error@below {{'onnx.opset' must be a dictionary from domain to version, such as {"ai.onnx" = 17 : i64}}}
module attributes {onnx.opset = 17 : i64} {}

// -----

// expected-error@below {{'onnx.opset' gives domain 'x' a version that is no i64}}
module attributes {onnx.opset = {x = 17 : i32}} {}

// -----

// expected-error@below {{'onnx.ir_version' must be an i64}}
module attributes {onnx.ir_version = "8"} {}

// -----

// expected-error@below {{'onnx.producer' must be a string}}
module attributes {onnx.producer = 8 : i64} {}

// -----

// expected-error@below {{the onnx dialect has no attribute 'onnx.opsets' for an operation}}
module attributes {onnx.opsets = {}} {}

// -----

// expected-error@below {{'onnx.ir_version' belongs on the module}}
func.func private @f() attributes {onnx.ir_version = 8 : i64}

// -----

// expected-error@below {{'onnx.name' of argument 0 must be a string}}
func.func private @f(tensor<f32> {onnx.name = 1 : i64})

// -----

// expected-error@below {{'onnx.dims' of result 0 must be an array of strings}}
func.func private @f() -> (tensor<f32> {onnx.dims = [1]})

// -----

// expected-error@below {{'onnx.dims' of argument 0 names 1 dimensions, but 'tensor<2x3xf32>' has 2}}
func.func private @f(tensor<2x3xf32> {onnx.dims = ["n"]})

// -----

// expected-error@below {{the onnx dialect has no attribute 'onnx.nam' for argument 0}}
func.func private @f(tensor<f32> {onnx.nam = "x"})

// -----

// expected-error@below {{expected an integer}}
%w = onnx.parameter "w" at <file = "f", offset = x, length = 12, hash = 0x0> : tensor<3xf32>

// -----

// expected-error@below {{attribute 'names' is no kind that ONNX has: use i64, f32, a string, array<i64>, array<f32>, a dense tensor, a type, or an array of strings, tensors or types}}
onnx.node "Node"() domain "" version 13 {names = ["a", 1 : i64]} : () -> ()

// -----

// expected-error@below {{failed to verify that all of {value, result} have same type}}
%c = "onnx.constant"() <{value = dense<1> : tensor<2xi64>}> : () -> tensor<3xi64>

// -----

// expected-error@below {{invalid kind of type specified: expected builtin.none, but found 'i32'}}
%a = onnx.absent : i32
