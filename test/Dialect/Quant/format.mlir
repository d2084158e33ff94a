// RUN: quant-opt %s | quant-opt | FileCheck %s

// Every named format (nibble/Formats/NamedFormats.h; of the integers some) in full.

// CHECK-LABEL: @int1()
// CHECK-SAME: f = #qnt.format<int<1>, block = [1, -1], scale = f32>
func.func private @int1() attributes {f = #qnt.format<int<1>, block = [1, -1], scale = f32>}

// CHECK-LABEL: @uint1()
// CHECK-SAME: f = #qnt.format<uint<1>, block = [1, -1], scale = f32, zero = uint<1>>
func.func private @uint1() attributes {f = #qnt.format<uint<1>, block = [1, -1], scale = f32, zero = uint<1>>}

// CHECK-LABEL: @int4()
// CHECK-SAME: f = #qnt.format<int<4>, block = [1, -1], scale = f32>
func.func private @int4() attributes {f = #qnt.format<int<4>, block = [1, -1], scale = f32>}

// CHECK-LABEL: @uint4()
// CHECK-SAME: f = #qnt.format<uint<4>, block = [1, -1], scale = f32, zero = uint<4>>
func.func private @uint4() attributes {f = #qnt.format<uint<4>, block = [1, -1], scale = f32, zero = uint<4>>}

// CHECK-LABEL: @int16()
// CHECK-SAME: f = #qnt.format<int<16>, block = [1, -1], scale = f32>
func.func private @int16() attributes {f = #qnt.format<int<16>, block = [1, -1], scale = f32>}

// CHECK-LABEL: @uint16()
// CHECK-SAME: f = #qnt.format<uint<16>, block = [1, -1], scale = f32, zero = uint<16>>
func.func private @uint16() attributes {f = #qnt.format<uint<16>, block = [1, -1], scale = f32, zero = uint<16>>}

// CHECK-LABEL: @f32()
// CHECK-SAME: f = #qnt.format<float<8, 23>>
func.func private @f32() attributes {f = #qnt.format<float<8, 23>>}

// CHECK-LABEL: @f16()
// CHECK-SAME: f = #qnt.format<float<5, 10>>
func.func private @f16() attributes {f = #qnt.format<float<5, 10>>}

// CHECK-LABEL: @bf16()
// CHECK-SAME: f = #qnt.format<float<8, 7>>
func.func private @bf16() attributes {f = #qnt.format<float<8, 7>>}

// CHECK-LABEL: @e4m3()
// CHECK-SAME: f = #qnt.format<float<4, 3>>
func.func private @e4m3() attributes {f = #qnt.format<float<4, 3>>}

// CHECK-LABEL: @e5m2()
// CHECK-SAME: f = #qnt.format<float<5, 2>>
func.func private @e5m2() attributes {f = #qnt.format<float<5, 2>>}

// CHECK-LABEL: @e4m3fnuz()
// CHECK-SAME: f = #qnt.format<float<4, 3, fnuz>>
func.func private @e4m3fnuz() attributes {f = #qnt.format<float<4, 3, fnuz>>}

// CHECK-LABEL: @e5m2fnuz()
// CHECK-SAME: f = #qnt.format<float<5, 2, fnuz>>
func.func private @e5m2fnuz() attributes {f = #qnt.format<float<5, 2, fnuz>>}

// CHECK-LABEL: @e3m2()
// CHECK-SAME: f = #qnt.format<float<3, 2>>
func.func private @e3m2() attributes {f = #qnt.format<float<3, 2>>}

// CHECK-LABEL: @e2m3()
// CHECK-SAME: f = #qnt.format<float<2, 3>>
func.func private @e2m3() attributes {f = #qnt.format<float<2, 3>>}

// CHECK-LABEL: @e2m1()
// CHECK-SAME: f = #qnt.format<float<2, 1>>
func.func private @e2m1() attributes {f = #qnt.format<float<2, 1>>}

// CHECK-LABEL: @mxfp8()
// CHECK-SAME: f = #qnt.format<float<4, 3>, block = [1, 32], scale = e8m0>
func.func private @mxfp8() attributes {f = #qnt.format<float<4, 3>, block = [1, 32], scale = e8m0>}

// CHECK-LABEL: @mxfp8_e5m2()
// CHECK-SAME: f = #qnt.format<float<5, 2>, block = [1, 32], scale = e8m0>
func.func private @mxfp8_e5m2() attributes {f = #qnt.format<float<5, 2>, block = [1, 32], scale = e8m0>}

// CHECK-LABEL: @mxfp6()
// CHECK-SAME: f = #qnt.format<float<2, 3>, block = [1, 32], scale = e8m0>
func.func private @mxfp6() attributes {f = #qnt.format<float<2, 3>, block = [1, 32], scale = e8m0>}

// CHECK-LABEL: @mxfp6_e3m2()
// CHECK-SAME: f = #qnt.format<float<3, 2>, block = [1, 32], scale = e8m0>
func.func private @mxfp6_e3m2() attributes {f = #qnt.format<float<3, 2>, block = [1, 32], scale = e8m0>}

// CHECK-LABEL: @mxfp4()
// CHECK-SAME: f = #qnt.format<float<2, 1>, block = [1, 32], scale = e8m0>
func.func private @mxfp4() attributes {f = #qnt.format<float<2, 1>, block = [1, 32], scale = e8m0>}

// CHECK-LABEL: @mxint8()
// CHECK-SAME: f = #qnt.format<int<8>, block = [1, 32], scale = e8m0>
func.func private @mxint8() attributes {f = #qnt.format<int<8>, block = [1, 32], scale = e8m0>}

// CHECK-LABEL: @nvfp4()
// CHECK-SAME: f = #qnt.format<float<2, 1>, block = [1, 16], scale = e4m3, outer = f32>
func.func private @nvfp4() attributes {f = #qnt.format<float<2, 1>, block = [1, 16], scale = e4m3, outer = f32>}

// CHECK-LABEL: @hif4()
// CHECK-SAME: f = #qnt.format<int<4>, block = [1, 4], scale = shift<1>, outer = [shift<1>[1, 8], ue6m2[1, 64]]>
func.func private @hif4() attributes {f = #qnt.format<int<4>, block = [1, 4], scale = shift<1>, outer = [shift<1>[1, 8], ue6m2[1, 64]]>}

// CHECK-LABEL: @nf4()
// CHECK-SAME: f = #qnt.format<table<4, @nf4>, block = [1, 64], scale = f16>
func.func private @nf4() attributes {f = #qnt.format<table<4, @nf4>, block = [1, 64], scale = f16>}

// CHECK-LABEL: @ternary()
// CHECK-SAME: f = #qnt.format<ternary, block = [1, -1], scale = f16>
func.func private @ternary() attributes {f = #qnt.format<ternary, block = [1, -1], scale = f16>}

// CHECK-LABEL: @matmulnbits()
// CHECK-SAME: f = #qnt.format<uint<4>, block = [1, 32], scale = f32, zero = uint<4>>
func.func private @matmulnbits() attributes {f = #qnt.format<uint<4>, block = [1, 32], scale = f32, zero = uint<4>>}

// CHECK-LABEL: @q4_0()
// CHECK-SAME: f = #qnt.format<int<4>, block = [1, 32], scale = f16>
func.func private @q4_0() attributes {f = #qnt.format<int<4>, block = [1, 32], scale = f16>}

// CHECK-LABEL: @q4_1()
// CHECK-SAME: f = #qnt.format<uint<4>, block = [1, 32], scale = f16, zero = offset<f16>>
func.func private @q4_1() attributes {f = #qnt.format<uint<4>, block = [1, 32], scale = f16, zero = offset<f16>>}

// CHECK-LABEL: @q5_0()
// CHECK-SAME: f = #qnt.format<int<5>, block = [1, 32], scale = f16>
func.func private @q5_0() attributes {f = #qnt.format<int<5>, block = [1, 32], scale = f16>}

// CHECK-LABEL: @q5_1()
// CHECK-SAME: f = #qnt.format<uint<5>, block = [1, 32], scale = f16, zero = offset<f16>>
func.func private @q5_1() attributes {f = #qnt.format<uint<5>, block = [1, 32], scale = f16, zero = offset<f16>>}

// CHECK-LABEL: @q8_0()
// CHECK-SAME: f = #qnt.format<int<8>, block = [1, 32], scale = f16>
func.func private @q8_0() attributes {f = #qnt.format<int<8>, block = [1, 32], scale = f16>}

// CHECK-LABEL: @q2_k()
// CHECK-SAME: f = #qnt.format<uint<2>, block = [1, 16], scale = uint<4>, outer = f16[1, 256], zero = offset<uint<4>, f16[1, 256]>>
func.func private @q2_k() attributes {f = #qnt.format<uint<2>, block = [1, 16], scale = uint<4>, outer = f16[1, 256], zero = offset<uint<4>, f16[1, 256]>>}

// CHECK-LABEL: @q3_k()
// CHECK-SAME: f = #qnt.format<int<3>, block = [1, 16], scale = int<6>, outer = f16[1, 256]>
func.func private @q3_k() attributes {f = #qnt.format<int<3>, block = [1, 16], scale = int<6>, outer = f16[1, 256]>}

// CHECK-LABEL: @q4_k()
// CHECK-SAME: f = #qnt.format<uint<4>, block = [1, 32], scale = uint<6>, outer = f16[1, 256], zero = offset<uint<6>, f16[1, 256]>>
func.func private @q4_k() attributes {f = #qnt.format<uint<4>, block = [1, 32], scale = uint<6>, outer = f16[1, 256], zero = offset<uint<6>, f16[1, 256]>>}

// CHECK-LABEL: @q5_k()
// CHECK-SAME: f = #qnt.format<uint<5>, block = [1, 32], scale = uint<6>, outer = f16[1, 256], zero = offset<uint<6>, f16[1, 256]>>
func.func private @q5_k() attributes {f = #qnt.format<uint<5>, block = [1, 32], scale = uint<6>, outer = f16[1, 256], zero = offset<uint<6>, f16[1, 256]>>}

// CHECK-LABEL: @q6_k()
// CHECK-SAME: f = #qnt.format<int<6>, block = [1, 16], scale = int<8>, outer = f16[1, 256]>
func.func private @q6_k() attributes {f = #qnt.format<int<6>, block = [1, 16], scale = int<8>, outer = f16[1, 256]>}

// CHECK-LABEL: @iq4_nl()
// CHECK-SAME: f = #qnt.format<table<4, @iq4nl>, block = [1, 32], scale = f16>
func.func private @iq4_nl() attributes {f = #qnt.format<table<4, @iq4nl>, block = [1, 32], scale = f16>}

// CHECK-LABEL: @iq4_xs()
// CHECK-SAME: f = #qnt.format<table<4, @iq4nl>, block = [1, 32], scale = int<6>, outer = f16[1, 256]>
func.func private @iq4_xs() attributes {f = #qnt.format<table<4, @iq4nl>, block = [1, 32], scale = int<6>, outer = f16[1, 256]>}

// CHECK-LABEL: @planes()
// CHECK-SAME: f = #qnt.format<planes<2>, block = [1, 128], scale = f16>
func.func private @planes() attributes {f = #qnt.format<planes<2>, block = [1, 128], scale = f16>}

// CHECK-LABEL: @pow2()
// CHECK-SAME: f = #qnt.format<pow2<4>, block = [1, 128], scale = f16>
func.func private @pow2() attributes {f = #qnt.format<pow2<4>, block = [1, 128], scale = f16>}

// CHECK-LABEL: @two_d()
// CHECK-SAME: f = #qnt.format<int<4>, block = [16, 16], scale = bf16>
func.func private @two_d() attributes {f = #qnt.format<int<4>, block = [16, 16], scale = bf16>}

// CHECK-LABEL: @per_tensor()
// CHECK-SAME: f = #qnt.format<int<8>, scale = f32>
func.func private @per_tensor() attributes {f = #qnt.format<int<8>, scale = f32>}

// CHECK-LABEL: @float_zero()
// CHECK-SAME: f = #qnt.format<uint<4>, block = [1, 32], scale = f32, zero = float<f32>>
func.func private @float_zero() attributes {f = #qnt.format<uint<4>, block = [1, 32], scale = f32, zero = float<f32>>}

// CHECK-LABEL: @finite_e4m3()
// CHECK-SAME: f = #qnt.format<float<4, 3, finite>, block = [1, 32], scale = ue5m3>
func.func private @finite_e4m3() attributes {f = #qnt.format<float<4, 3, finite>, block = [1, 32], scale = ue5m3>}

// The convention that goes without saying is not printed.
// CHECK-LABEL: @convention()
// CHECK-SAME: f = #qnt.format<float<4, 3>>
func.func private @convention() attributes {f = #qnt.format<float<4,3,fn>>}
