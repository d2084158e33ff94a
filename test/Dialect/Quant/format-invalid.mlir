// RUN: quant-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{int<17>: the width must be 1 to 16}}
func.func private @f() attributes {f = #qnt.format<int<17>>}

// -----

// expected-error @below {{unknown element code 'floaty': expected int, uint, float, ternary, table, pow2 or planes}}
func.func private @f() attributes {f = #qnt.format<floaty<1>>}

// -----

// expected-error @below {{unknown minifloat convention 'odd': expected ieee, fn, fnuz or finite}}
func.func private @f() attributes {f = #qnt.format<float<4, 3, odd>>}

// -----

// expected-error @below {{float<9, 3>: exponent bits must be 1 to 8}}
func.func private @f() attributes {f = #qnt.format<float<9, 3>>}

// -----

// expected-error @below {{float<8, 9>: sign, exponent and mantissa must fit in 16 bits (or be float<8, 23>)}}
func.func private @f() attributes {f = #qnt.format<float<8, 9>>}

// -----

// expected-error @below {{table<9, @t>: the width must be 1 to 8}}
func.func private @f() attributes {f = #qnt.format<table<9, @t>, scale = f16>}

// -----

// expected-error @below {{block [1, 32]: a block needs a scale}}
func.func private @f() attributes {f = #qnt.format<int<4>, block = [1, 32]>}

// -----

// expected-error @below {{block [1, 0]: entry 1 must be -1 (the whole axis) or at least 1}}
func.func private @f() attributes {f = #qnt.format<int<4>, block = [1, 0], scale = f16>}

// -----

// expected-error @below {{unknown scale type 'f64': expected f32, f16, bf16, e8m0, e4m3, ue5m3, ue6m2, int<bits>, uint<bits> or shift<bits>}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = f64>}

// -----

// expected-error @below {{scale int<6>: an integer scale needs an outer scale}}
func.func private @f() attributes {f = #qnt.format<int<4>, block = [1, 32], scale = int<6>>}

// -----

// expected-error @below {{outer scale f32: it needs a scale inside}}
func.func private @f() attributes {f = #qnt.format<int<4>, outer = f32>}

// -----

// expected-error @below {{outer block [1, 24]: entry 1 must be -1 or a multiple of the block inside}}
func.func private @f() attributes {f = #qnt.format<int<3>, block = [1, 16], scale = int<6>, outer = f16[1, 24]>}

// -----

// expected-error @below {{zero point int<4>: float<2, 1> has no zero point; use an offset}}
func.func private @f() attributes {f = #qnt.format<float<2, 1>, block = [1, 32], scale = e8m0, zero = int<4>>}

// -----

// expected-error @below {{zero point int<4>: a zero point needs a scale}}
func.func private @f() attributes {f = #qnt.format<int<4>, zero = int<4>>}

// -----

// expected-error @below {{unknown kind of zero point 'table': expected int<bits>, uint<bits>, float<type> or offset<type>}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = f16, zero = table<4>>}

// -----

// expected-error @below {{planes<2>: planes need a scale}}
func.func private @f() attributes {f = #qnt.format<planes<2>>}

// -----

// expected-error @below {{unknown key 'colour': expected block, scale, outer or zero}}
func.func private @f() attributes {f = #qnt.format<int<4>, colour = red>}

// -----

// expected-error @below {{'scale' is given twice}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = f16, scale = f32>}

// -----

// expected-error @below {{the format's block has 2 extents, but the tensor has rank 1}}
func.func private @f(!qnt.tensor<8, #qnt.format<int<4>, block = [1, 4], scale = f16>>)

// -----

// expected-error @below {{float<8, 23, fn>: a float of 32 bits has the convention ieee}}
func.func private @f() attributes {f = #qnt.format<float<8, 23, fn>>}

// -----

// expected-error @below {{float<4, 0>: ieee needs a mantissa bit to tell NaN from Inf; use 'finite'}}
func.func private @f() attributes {f = #qnt.format<float<4, 0>>}

// -----

// expected-error @below {{float<1, 2>: ieee leaves no finite exponent of 1 bit; use 'finite'}}
func.func private @f() attributes {f = #qnt.format<float<1, 2>>}

// -----

// expected-error @below {{float<8, 3, fnuz>: 8 exponent bits need the convention ieee}}
func.func private @f() attributes {f = #qnt.format<float<8, 3, fnuz>>}

// -----

// expected-error @below {{float<1, 0, fn>: fn leaves no value but zero}}
func.func private @f() attributes {f = #qnt.format<float<1, 0, fn>>}

// -----

// expected-error @below {{table 'a b': a name is letters, digits and underscores}}
func.func private @f() attributes {f = #qnt.format<table<4, @"a b">, scale = f16>}

// -----

// expected-error @below {{pow2<7>: the width must be 2 to 6}}
func.func private @f() attributes {f = #qnt.format<pow2<7>>}

// -----

// expected-error @below {{planes<9>: the number of planes must be 1 to 8}}
func.func private @f() attributes {f = #qnt.format<planes<9>, scale = f16>}

// -----

// expected-error @below {{scale shift<7>: the width must be 1 to 6}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = shift<7>>}

// -----

// expected-error @below {{scale: an outer scale needs a type}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = f16, outer = none>}

// -----

// expected-error @below {{scale: only the outermost scale may be without block}}
func.func private @f() attributes {f = #qnt.format<int<4>, block = [1, 32], scale = f16, outer = [f16, f32]>}

// -----

// expected-error @below {{outer scale uint<17>: the width must be 1 to 16}}
func.func private @f() attributes {f = #qnt.format<int<4>, block = [1, 32], scale = f16, outer = uint<17>>}

// -----

// expected-error @below {{outer block [0, 64]: entry 0 must be -1 (the whole axis) or at least 1}}
func.func private @f() attributes {f = #qnt.format<int<4>, block = [1, 32], scale = f16, outer = f16[0, 64]>}

// -----

// expected-error @below {{outer block [256]: its rank is not that of block [1, 32]}}
func.func private @f() attributes {f = #qnt.format<int<4>, block = [1, 32], scale = int<6>, outer = f16[256]>}

// -----

// expected-error @below {{zero point int<17>: the width must be 1 to 16}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = f16, zero = int<17>>}

// -----

// expected-error @below {{zero point float<none>: its type is missing}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = f16, zero = float<none>>}

// -----

// expected-error @below {{zero point offset<e8m0>: this type has no zero}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = f16, zero = offset<e8m0>>}

// -----

// expected-error @below {{zero point float<int<4>>: use 'int' or 'uint' as the zero point}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = f16, zero = float<int<4>>>}

// -----

// expected-error @below {{zero point offset<uint<6>> uint<6>: an integer scale needs an outer scale}}
func.func private @f() attributes {f = #qnt.format<int<4>, scale = f16, zero = offset<uint<6>>>}

// -----

// expected-error @below {{scale f16: elements of 32 bits take no scale}}
func.func private @f() attributes {f = #qnt.format<float<8, 23>, scale = f16>}
