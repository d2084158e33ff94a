// RUN: quant-opt %s --nibble-expose-observed --split-input-file --verify-diagnostics

func.func @main(%c: i1, %x: tensor<4xf32>) -> tensor<4xf32> {
  %y = scf.if %c -> tensor<4xf32> {
    // expected-error @below {{'qnt.observe' op is inside a region, whose values cannot be results of @main; keep the ops that read it in f32}}
    %0 = qnt.observe %x "inside" : tensor<4xf32>
    scf.yield %0 : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// -----

// expected-error @below {{needs a function @main with one block}}
module {
}
