// RUN: quant-opt %s --split-input-file --verify-diagnostics --nibble-form-states

// expected-error @below {{the model has no cache that could be a state: no output is an input with new entries at its end}}
func.func @main(%x: tensor<2x?xf32> {nn.name = "x"}) -> tensor<2x?xf32> {
  return %x : tensor<2x?xf32>
}

// -----

// expected-error @below {{'c' does not grow along a symbolic axis}}
func.func @main(%c: tensor<2x4xf32> {nn.name = "c"}, %x: tensor<2x1xf32>) -> tensor<2x5xf32> {
  %0 = nn.cache_update %c, %x axis 1 : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x5xf32>
  return %0 : tensor<2x5xf32>
}

// -----

// expected-error @below {{'c' is extended twice}}
func.func @main(%c: tensor<2x?xf32> {nn.name = "c"}, %x: tensor<2x1xf32>) -> (tensor<2x?xf32>, tensor<2x?xf32>) {
  %0 = nn.cache_update %c, %x axis 1 : (tensor<2x?xf32>, tensor<2x1xf32>) -> tensor<2x?xf32>
  %1 = nn.cache_update %c, %x axis 1 {other} : (tensor<2x?xf32>, tensor<2x1xf32>) -> tensor<2x?xf32>
  return %0, %1 : tensor<2x?xf32>, tensor<2x?xf32>
}

// -----

// expected-error @below {{'c' is two outputs}}
func.func @main(%c: tensor<2x?xf32> {nn.name = "c"}, %x: tensor<2x1xf32>) -> (tensor<2x?xf32>, tensor<2x?xf32>) {
  %0 = nn.cache_update %c, %x axis 1 : (tensor<2x?xf32>, tensor<2x1xf32>) -> tensor<2x?xf32>
  return %0, %0 : tensor<2x?xf32>, tensor<2x?xf32>
}

// -----

// expected-error @below {{'c' is read under another shape}}
func.func @main(%c: tensor<2x?xf32> {nn.name = "c"}, %x: tensor<2x1xf32>, %n: index) -> (tensor<2x?xf32>, tensor<?xf32>) {
  %0 = nn.cache_update %c, %x axis 1 : (tensor<2x?xf32>, tensor<2x1xf32>) -> tensor<2x?xf32>
  %1 = nn.reshape %0 shape [%n] : tensor<2x?xf32> -> tensor<?xf32>
  return %0, %1 : tensor<2x?xf32>, tensor<?xf32>
}

// -----

// expected-error @below {{needs a function @main with one block}}
module {}

// -----

// expected-error @below {{'c' changes another extent, too}}
func.func @main(%c: tensor<?x?xf32> {nn.name = "c"}, %x: tensor<2x1xf32>) -> tensor<2x?xf32> {
  %0 = nn.cache_update %c, %x axis 1 : (tensor<?x?xf32>, tensor<2x1xf32>) -> tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}

// -----

#k8 = #qnt.format<int<8>, block = [-1, 1], scale = f32>
// expected-error @below {{'c' is not a plain tensor}}
func.func @main(%c: !qnt.tensor<2x?, #k8> {nn.name = "c"}, %x: tensor<2x1xf32>) -> !qnt.tensor<2x?, #k8> {
  %0 = nn.cache_update %c, %x axis 1 : (!qnt.tensor<2x?, #k8>, tensor<2x1xf32>) -> !qnt.tensor<2x?, #k8>
  return %0 : !qnt.tensor<2x?, #k8>
}
