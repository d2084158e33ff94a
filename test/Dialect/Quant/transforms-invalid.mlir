// RUN: quant-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{a transform maps 1 to 2147483647 channels, not 0}}
qnt.basis @b : 4 = #qnt.identity<0>

// -----

// expected-error @below {{there is no Hadamard matrix of order 92; the orders are m * 2^k with m one of 1, 12, 20, 28, 36, 44, 52, 60, 108, 140, 156, 172}}
qnt.basis @b : 92 = #qnt.hadamard<92>

// -----

// expected-error @below {{a Haar transform of 3 levels needs a multiple of 2^levels channels, not 12}}
qnt.basis @b : 12 = #qnt.haar<12, levels = 3>

// -----

// expected-error @below {{give either seed = … or data = …}}
qnt.basis @b : 12 = #qnt.orthogonal<12, seed = 1, data = @m>

// -----

// expected-error @below {{a random orthogonal matrix does not keep ones; give keepsOnes with data = … only}}
qnt.basis @b : 12 = #qnt.orthogonal<12, seed = 1, keepsOnes = true>

// -----

// expected-error @below {{a dense matrix of 65536 channels is too large, the most is 16384: use blocks}}
qnt.basis @b : 65536 = #qnt.orthogonal<65536, seed = 1>

// -----

// expected-error @below {{a dense matrix of 65536 channels is too large, the most is 16384: use blocks}}
qnt.basis @b : 65536 = #qnt.linear<65536, data = @m>

// -----

// expected-error @below {{blocks of 5 channels do not divide 12}}
qnt.basis @b : 12 = #qnt.zigzag<12, block = 5, data = @m>

// -----

func.func private @n() -> tensor<12xf32>
// expected-error @below {{a Kronecker product has linear factors only: one of these has a shift}}
qnt.basis @b : 24 = #qnt.kron<#qnt.hadamard<2>, #qnt.shift<12, data = @n>>

// -----

// expected-error @below {{a transform of 65536 times 65536 channels is too large}}
qnt.basis @b : 24 = #qnt.kron<#qnt.hadamard<65536>, #qnt.identity<65536>>

// -----

// expected-error @below {{there must be at least one block}}
qnt.basis @b : 24 = #qnt.blocks<#qnt.hadamard<2>, count = 0>

// -----

// expected-error @below {{a transform of 2147483648 channels is too large}}
qnt.basis @b : 24 = #qnt.direct_sum<#qnt.identity<2147483647>, #qnt.identity<1>>

// -----

// expected-error @below {{a composition of 2 channels and of 4}}
qnt.basis @b : 4 = #qnt.compose<#qnt.hadamard<2>, #qnt.hadamard<4>>

// -----

// expected-error @below {{a transform with a shift has no transpose}}
qnt.basis @b : 4 = #qnt.transpose<#qnt.shift<4, data = @n>>

// -----

// expected-error @below {{has 640 channels, which blocks of the transform's 12 do not divide}}
qnt.basis @b : 640 = #qnt.hadamard<12>

// -----

// expected-error @below {{takes numbers from @n, but there is no function of that name}}
qnt.basis @b : 12 = #qnt.compose<#qnt.hadamard<12>, #qnt.diagonal<12, data = @n>>

// -----

// expected-note @below {{it is of type '() -> tensor<24xf32>'}}
func.func private @n() -> tensor<24xf32>
// expected-error @below {{takes 12 numbers from @n: the function must have no argument and return them as one tensor}}
qnt.basis @b : 24 = #qnt.diagonal<12, data = @n>

// -----

// expected-note @below {{it is of type}}
func.func private @n(tensor<2xf32>) -> tensor<24xf32>
// expected-error @below {{takes 24 numbers from @n: the function must have no argument and return them as one tensor}}
qnt.basis @b : 24 = #qnt.diagonal<24, data = @n>

// -----

func.func @none(%x: tensor<?x12xf32>) {
  // expected-error @below {{there is no qnt.basis @b}}
  %0 = qnt.transform %x to @b axis = 1 : tensor<?x12xf32>
  return
}

// -----

qnt.basis @b : 12 = #qnt.hadamard<12>
func.func @rank(%x: tensor<?x12xf32>) {
  // expected-error @below {{has no axis 2: its tensor is of rank 2}}
  %0 = qnt.transform %x to @b axis = 2 : tensor<?x12xf32>
  return
}

// -----

qnt.basis @b : 12 = #qnt.hadamard<12>
func.func @dynamic(%x: tensor<?x12xf32>) {
  // expected-error @below {{changes the basis of axis 0, whose extent must be static}}
  %0 = qnt.transform %x to @b axis = 0 : tensor<?x12xf32>
  return
}

// -----

qnt.basis @b : 12 = #qnt.hadamard<12>
func.func @integers(%x: tensor<?x12xi8>) {
  // expected-error @below {{changes the basis of numbers, not of 'i8'}}
  %0 = qnt.transform %x to @b axis = 1 : tensor<?x12xi8>
  return
}

// -----

// expected-note @below {{see the basis}}
qnt.basis @b : 24 = #qnt.hadamard<12>
func.func @channels(%x: tensor<?x12xf32>) {
  // expected-error @below {{axis 1 has 12 channels, but the basis has 24}}
  %0 = qnt.transform %x to @b axis = 1 : tensor<?x12xf32>
  return
}

// -----

func.func private @n() -> tensor<12xf32>
qnt.basis @b : 12 = #qnt.compose<#qnt.shift<12, data = @n>, #qnt.hadamard<12>>
func.func @shift(%x: tensor<?x12xf32>) {
  // expected-error @below {{there is no dual of @b, which shifts; split the shift off first}}
  %0 = qnt.transform %x to dual @b axis = 1 : tensor<?x12xf32>
  return
}

// -----

// expected-error @below {{a transform of 0 channels: there must be at least one}}
qnt.basis @b : 4 = #qnt.linear<0, data = @m>

// -----

// expected-error @below {{'qnt.basis' op attribute 'size' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
qnt.basis @b : 0 = #qnt.identity<1>

// -----

qnt.basis @b : 12 = #qnt.hadamard<12>
func.func @axis(%x: tensor<?x12xf32>) {
  // expected-error @below {{'qnt.transform' op attribute 'axis' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  %0 = qnt.transform %x to @b axis = -1 : tensor<?x12xf32>
  return
}

// -----

// expected-error @below {{blocks of 0 channels do not divide 12}}
qnt.basis @b : 12 = #qnt.zigzag<12, block = 0, data = @m>

// -----

// expected-error @below {{a transform of 2 times 2147483647 channels is too large}}
qnt.basis @b : 24 = #qnt.blocks<#qnt.identity<2147483647>, count = 2>
