// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @case79(%q: tensor<1x3x5x8xf32>, %k: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op the number of query heads, 3, must be a multiple of the number of key heads, 2}}
  %0 = nn.attention %q, %k, %k scale 1.0 : (tensor<1x3x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x3x5x8xf32>
  return
}

// -----

func.func @case80(%q: tensor<1x?x5x8xf32>, %k: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op the numbers of heads must be static}}
  %0 = nn.attention %q, %k, %k scale 1.0 : (tensor<1x?x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x?x5x8xf32>
  return
}

// -----

func.func @case81(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>, %m: tensor<5x7xf32>) {
  // expected-error @below {{'nn.attention' op mask must broadcast to [batch, heads, queries, keys], [1, 4, 5, 6], but is 'tensor<5x7xf32>'}}
  %0 = nn.attention %q, %k, %v mask %m scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<5x7xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case82(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>, %m: tensor<5x6xi32>) {
  // expected-error @below {{'nn.attention' op mask must hold floating-point numbers}}
  %0 = nn.attention %q, %k, %v mask %m scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<5x6xi32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case83(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{'nn.attention' op lengths must have the shape [1]}}
  %0 = nn.attention %q, %k, %v lengths %l scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<3xi32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case84(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op window must be at least 0, but one is -1}}
  %0 = nn.attention %q, %k, %v scale 1.0 {window = -1 : i64} : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case85(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op softcap must be at least 0}}
  %0 = nn.attention %q, %k, %v scale 1.0 {softcap = -1.0 : f32} : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @key(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x7xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op key's last extent is 7, but query's is 8}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x7xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @valueHeads(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x4x6x8xf32>) {
  // expected-error @below {{'nn.attention' op value's number of heads is 4, but key's is 2}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x4x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_query(%q: tensor<4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op query must have 4 axes, but is 'tensor<4x5x8xf32>'}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_key(%q: tensor<1x4x5x8xf32>, %k: tensor<2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op key must have 4 axes, but is 'tensor<2x6x8xf32>'}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_value(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op value must have 4 axes, but is 'tensor<2x6x8xf32>'}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_integers(%q: tensor<1x4x5x8xi8>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op query must hold floating-point numbers, but is 'tensor<1x4x5x8xi8>'; cast it first}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xi8>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_key_elements(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf16>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op key holds 'f16', but query holds 'f32'; cast one of them}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf16>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_value_elements(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf16>) {
  // expected-error @below {{'nn.attention' op value holds 'f16', but query holds 'f32'; cast one of them}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf16>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_result_elements(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op the result holds 'f16', but query holds 'f32'; cast one of them}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf16>
  return
}

// -----

func.func @attention_format(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op computes its result, which a format without a scale cannot hold; give the format a scale}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> !qnt.tensor<1x4x5x8, #qnt.format<int<8>>>
  return
}

// -----

func.func @attention_key_batch(%q: tensor<1x4x5x8xf32>, %k: tensor<2x2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op key's batch is 2, but query's is 1}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_value_batch(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<2x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op value's batch is 2, but query's is 1}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<2x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_value_length(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x7x8xf32>) {
  // expected-error @below {{'nn.attention' op value's length is 7, but key's is 6}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x7x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @attention_result(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x9xf32>) {
  // expected-error @below {{'nn.attention' op the result must have the shape [1, 4, 5, 9], but is 'tensor<1x4x5x8xf32>'}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x9xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case86(%x: tensor<1x2x5x8xf32>, %t: tensor<1x5x6xf32>) {
  // expected-error @below {{'nn.rope' op the tables rotate 6 pairs, but input's last extent is 8}}
  %0 = nn.rope %x, %t, %t : (tensor<1x2x5x8xf32>, tensor<1x5x6xf32>, tensor<1x5x6xf32>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @case87(%x: tensor<2x2x5x8xf32>, %t: tensor<3x5x4xf32>) {
  // expected-error @below {{'nn.rope' op the tables' batch is 3, but input's is 2}}
  %0 = nn.rope %x, %t, %t : (tensor<2x2x5x8xf32>, tensor<3x5x4xf32>, tensor<3x5x4xf32>) -> tensor<2x2x5x8xf32>
  return
}

// -----

func.func @tables(%x: tensor<1x2x5x8xf32>, %t: tensor<1x6x4xf32>) {
  // expected-error @below {{'nn.rope' op the tables' length is 6, but input's is 5}}
  %0 = nn.rope %x, %t, %t : (tensor<1x2x5x8xf32>, tensor<1x6x4xf32>, tensor<1x6x4xf32>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @rope_input(%x: tensor<2x5x8xf32>, %c: tensor<1x5x4xf32>, %s: tensor<1x5x4xf32>) {
  // expected-error @below {{'nn.rope' op input must have 4 axes, but is 'tensor<2x5x8xf32>'}}
  %0 = nn.rope %x, %c, %s : (tensor<2x5x8xf32>, tensor<1x5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @rope_cosine(%x: tensor<1x2x5x8xf32>, %c: tensor<5x4xf32>, %s: tensor<1x5x4xf32>) {
  // expected-error @below {{'nn.rope' op cosine must have 3 axes, but is 'tensor<5x4xf32>'}}
  %0 = nn.rope %x, %c, %s : (tensor<1x2x5x8xf32>, tensor<5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @rope_integers(%x: tensor<1x2x5x8xi8>, %c: tensor<1x5x4xf32>, %s: tensor<1x5x4xf32>) {
  // expected-error @below {{'nn.rope' op input must hold floating-point numbers, but is 'tensor<1x2x5x8xi8>'; cast it first}}
  %0 = nn.rope %x, %c, %s : (tensor<1x2x5x8xi8>, tensor<1x5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @rope_cosine_elements(%x: tensor<1x2x5x8xf32>, %c: tensor<1x5x4xi8>, %s: tensor<1x5x4xf32>) {
  // expected-error @below {{'nn.rope' op cosine must hold floating-point numbers, but is 'tensor<1x5x4xi8>'; cast it first}}
  %0 = nn.rope %x, %c, %s : (tensor<1x2x5x8xf32>, tensor<1x5x4xi8>, tensor<1x5x4xf32>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @rope_sine_elements(%x: tensor<1x2x5x8xf32>, %c: tensor<1x5x4xf32>, %s: tensor<1x5x4xi8>) {
  // expected-error @below {{'nn.rope' op sine must hold floating-point numbers, but is 'tensor<1x5x4xi8>'; cast it first}}
  %0 = nn.rope %x, %c, %s : (tensor<1x2x5x8xf32>, tensor<1x5x4xf32>, tensor<1x5x4xi8>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @rope_sine(%x: tensor<1x2x5x8xf32>, %c: tensor<1x5x4xf32>, %s: tensor<1x5x3xf32>) {
  // expected-error @below {{'nn.rope' op sine must have the shape [1, 5, 4], but is 'tensor<1x5x3xf32>'}}
  %0 = nn.rope %x, %c, %s : (tensor<1x2x5x8xf32>, tensor<1x5x4xf32>, tensor<1x5x3xf32>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @rope_result(%x: tensor<1x2x5x8xf32>, %c: tensor<1x5x4xf32>, %s: tensor<1x5x4xf32>) {
  // expected-error @below {{'nn.rope' op the result must have the shape [1, 2, 5, 8], but is 'tensor<1x2x5x4xf32>'}}
  %0 = nn.rope %x, %c, %s : (tensor<1x2x5x8xf32>, tensor<1x5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x2x5x4xf32>
  return
}

// -----

func.func @rope_result_elements(%x: tensor<1x2x5x8xf32>, %c: tensor<1x5x4xf32>, %s: tensor<1x5x4xf32>) {
  // expected-error @below {{'nn.rope' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.rope %x, %c, %s : (tensor<1x2x5x8xf32>, tensor<1x5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x2x5x8xf16>
  return
}

// -----

func.func @case88(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op recurrence must have the shape [2, 16, 4]}}
  %0:3 = nn.lstm %x, %w, %r {direction = #nn.direction<bidirectional>} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case89(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %b: tensor<1x16xf32>) {
  // expected-error @below {{'nn.lstm' op bias must have the shape [1, 32]}}
  %0:3 = nn.lstm %x, %w, %r bias %b : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x16xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case90(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %l: tensor<2xf32>) {
  // expected-error @below {{'nn.lstm' op lengths must hold i32 or i64, but is 'tensor<2xf32>'}}
  %0:3 = nn.lstm %x, %w, %r lengths %l : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<2xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case91(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.lstm' op initial_h must have the shape [1, 2, 4]}}
  %0:3 = nn.lstm %x, %w, %r initial_h %h : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x4x2xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case92(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %p: tensor<1x4xf32>) {
  // expected-error @below {{'nn.lstm' op peepholes must have the shape [1, 12]}}
  %0:3 = nn.lstm %x, %w, %r peepholes %p : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case93(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op a last state must have the shape [1, 2, 4]}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x5xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @states(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op the first result must have the shape [5, 1, 2, 4]}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_without_state(%x: tensor<5x2x3xf32>, %w: tensor<1x0x3xf32>, %r: tensor<1x0x0xf32>) {
  // expected-error @below {{'nn.lstm' op the hidden size must be at least 1}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x0x3xf32>, tensor<1x0x0xf32>) -> (tensor<5x1x2x0xf32>, tensor<1x2x0xf32>, tensor<1x2x0xf32>)
  return
}

// -----

func.func @lstm_input(%x: tensor<5x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op input must have 3 axes, but is 'tensor<5x3xf32>'}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_weights_axes(%x: tensor<5x2x3xf32>, %w: tensor<16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op weights must have 3 axes, but is 'tensor<16x3xf32>'}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_recurrence_axes(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<16x4xf32>) {
  // expected-error @below {{'nn.lstm' op recurrence must have 3 axes, but is 'tensor<16x4xf32>'}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_integers(%x: tensor<5x2x3xi8>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op input must hold floating-point numbers, but is 'tensor<5x2x3xi8>'; cast it first}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xi8>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_weights_elements(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf16>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op weights holds 'f16', but input holds 'f32'; cast one of them}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf16>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_recurrence_elements(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf16>) {
  // expected-error @below {{'nn.lstm' op recurrence holds 'f16', but input holds 'f32'; cast one of them}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf16>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_weights(%x: tensor<5x2x3xf32>, %w: tensor<1x16x5xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op weights must have the shape [1, 16, 3], but is 'tensor<1x16x5xf32>'}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x5xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_bias_elements(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %b0: tensor<1x32xf16>) {
  // expected-error @below {{'nn.lstm' op bias holds 'f16', but input holds 'f32'; cast one of them}}
  %0:3 = nn.lstm %x, %w, %r bias %b0 : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x32xf16>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_lengths(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %l0: tensor<5xi32>) {
  // expected-error @below {{'nn.lstm' op lengths must have the shape [2], but is 'tensor<5xi32>'}}
  %0:3 = nn.lstm %x, %w, %r lengths %l0 : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<5xi32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_result_elements(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op a result holds 'f16', but input holds 'f32'; cast one of them}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf16>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_initial_h_elements(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %i0: tensor<1x2x4xf16>) {
  // expected-error @below {{'nn.lstm' op initial_h holds 'f16', but input holds 'f32'; cast one of them}}
  %0:3 = nn.lstm %x, %w, %r initial_h %i0 : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x2x4xf16>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_initial_c(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %i0: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.lstm' op initial_c must have the shape [1, 2, 4], but is 'tensor<1x4x2xf32>'}}
  %0:3 = nn.lstm %x, %w, %r initial_c %i0 : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x4x2xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @lstm_peepholes_elements(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %p0: tensor<1x12xf16>) {
  // expected-error @below {{'nn.lstm' op peepholes holds 'f16', but input holds 'f32'; cast one of them}}
  %0:3 = nn.lstm %x, %w, %r peepholes %p0 : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x12xf16>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case94(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.gru' op recurrence must have the shape [1, 12, 4]}}
  %0:2 = nn.gru %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case95(%x: tensor<5x2x3xf32>, %w: tensor<1x?x3xf32>, %r: tensor<1x?x?xf32>) {
  // expected-error @below {{'nn.gru' op the hidden size must be static}}
  %0:2 = nn.gru %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x?x3xf32>, tensor<1x?x?xf32>) -> (tensor<5x1x2x?xf32>, tensor<1x2x?xf32>)
  return
}

// -----

func.func @gru_initial_h(%x: tensor<5x2x3xf32>, %w: tensor<1x12x3xf32>, %r: tensor<1x12x4xf32>, %i0: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.gru' op initial_h must have the shape [1, 2, 4], but is 'tensor<1x4x2xf32>'}}
  %0:2 = nn.gru %x, %w, %r initial_h %i0 : (tensor<5x2x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>, tensor<1x4x2xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case100(%s: tensor<2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op sums must have 3 axes, but is}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case101(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x?xf32>) {
  // expected-error @below {{'nn.recurrence' op the extents of recurrence must be static}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x16xf32>, tensor<1x1x4x4x?xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case102(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op cell states and peepholes are those of an lstm}}
  %0:3 = nn.recurrence <gru> %s, %r : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case103(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op must be f32 throughout}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf16>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case104(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op recurrence must have the shape [2, 1, 4, 4, 8]}}
  %0:3 = nn.recurrence <lstm> %s, %r {direction = #nn.direction<bidirectional>} : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case105(%s: tensor<5x2x12xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op sums must have the shape [5, 2, 16]}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x12xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case106(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>, %b: tensor<1x32xf32>) {
  // expected-error @below {{'nn.recurrence' op bias must have the shape [1, 16]}}
  %0:3 = nn.recurrence <lstm> %s, %r bias %b : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>, tensor<1x32xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @recurrence_half(%s: tensor<?x1x32xf16>, %r: tensor<1x1x8x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op must be f32 throughout, but has a 'tensor<?x1x32xf16>'}}
  %y, %h, %c = nn.recurrence <lstm> %s, %r : (tensor<?x1x32xf16>, tensor<1x1x8x4x8xf32>) -> (tensor<?x1x1x8xf32>, tensor<1x1x8xf32>, tensor<1x1x8xf32>)
  return
}

// -----

func.func @recurrence_weights(%s: tensor<5x2x16xf32>, %r: tensor<1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op recurrence must have 5 axes, but is 'tensor<1x4x4x8xf32>'}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x16xf32>, tensor<1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @recurrence_lengths(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>, %l0: tensor<5xi32>) {
  // expected-error @below {{'nn.recurrence' op lengths must have the shape [2], but is 'tensor<5xi32>'}}
  %0:3 = nn.recurrence <lstm> %s, %r lengths %l0 : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>, tensor<5xi32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @recurrence_initial_h(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>, %i0: tensor<2x4xf32>) {
  // expected-error @below {{'nn.recurrence' op initial_h must have the shape [1, 2, 4], but is 'tensor<2x4xf32>'}}
  %0:3 = nn.recurrence <lstm> %s, %r initial_h %i0 : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>, tensor<2x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @recurrence_initial_c(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>, %i0: tensor<2x4xf32>) {
  // expected-error @below {{'nn.recurrence' op initial_c must have the shape [1, 2, 4], but is 'tensor<2x4xf32>'}}
  %0:3 = nn.recurrence <lstm> %s, %r initial_c %i0 : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>, tensor<2x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @recurrence_peepholes(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>, %p0: tensor<1x4xf32>) {
  // expected-error @below {{'nn.recurrence' op peepholes must have the shape [1, 12], but is 'tensor<1x4xf32>'}}
  %0:3 = nn.recurrence <lstm> %s, %r peepholes %p0 : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>, tensor<1x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @recurrence_output(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op output must have the shape [5, 1, 2, 4], but is 'tensor<5x2x4xf32>'}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @recurrence_last_h(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op last_h must have the shape [1, 2, 4], but is 'tensor<2x4xf32>'}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @recurrence_last_c(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op last_c must have the shape [1, 2, 4], but is 'tensor<2x4xf32>'}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

func.func @case96(%u: tensor<1x7x4xf32>, %a: tensor<3x2xf32>, %b: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op a must have the shape [4, 2]}}
  %0:2 = nn.selective_scan %u, %u, %a, %b, %b, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<3x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_u(%u: tensor<7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op u must have 3 axes, but is 'tensor<7x4xf32>'}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_a(%u: tensor<1x7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op a must have 2 axes, but is 'tensor<4xf32>'}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_integers(%u: tensor<1x7x4xi8>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op u must hold floating-point numbers, but is 'tensor<1x7x4xi8>'; cast it first}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xi8>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_delta(%u: tensor<1x7x4xf32>, %delta: tensor<1x4x7xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op delta must have the shape [1, 7, 4], but is 'tensor<1x4x7xf32>'}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x4x7xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_b(%u: tensor<1x7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x3xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op b must have the shape [1, 7, 2], but is 'tensor<1x7x3xf32>'}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x3xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_c(%u: tensor<1x7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x3xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op c must have the shape [1, 7, 2], but is 'tensor<1x7x3xf32>'}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x3xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_d(%u: tensor<1x7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<2xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op d must have the shape [4], but is 'tensor<2xf32>'}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<2xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_initial_state(%u: tensor<1x7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.selective_scan' op initial_state must have the shape [1, 4, 2], but is 'tensor<1x2x4xf32>'}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x2x4xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_result(%u: tensor<1x7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op the first result must have the shape [1, 7, 4], but is 'tensor<1x4x7xf32>'}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x4x7xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_last_state(%u: tensor<1x7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op the last state must have the shape [1, 4, 2], but is 'tensor<1x2x4xf32>'}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @scan_operand_elements(%u: tensor<1x7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf16>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op an operand holds 'f16', but u holds 'f32'; cast one of them}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf16>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @scan_result_elements(%u: tensor<1x7x4xf32>, %delta: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %c: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op a result holds 'f16', but u holds 'f32'; cast one of them}}
  %0:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf16>)
  return
}
