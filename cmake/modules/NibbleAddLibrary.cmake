# Nine tenths of the time of compiling a file over MLIR goes into MLIR's headers. Those that most files read are compiled once for
# all compiler layers and once for all programs. Without this option each file must include what it uses: the build with g++ sees to that.
set(precompile OFF)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set(precompile ON)
endif()
option(NIBBLE_PRECOMPILE_HEADERS "Compile the headers of MLIR once for many files" ${precompile})

# nibble_precompile_headers(NAME KIND): NAME is compiled like all others of that KIND, layers or programs.
function(nibble_precompile_headers name kind)
  if(NOT NIBBLE_PRECOMPILE_HEADERS)
    return()
  endif()
  set(headers NibbleHeadersOf_${kind})
  if(NOT TARGET ${headers})
    set(empty ${PROJECT_BINARY_DIR}/${headers}.cpp)
    if(NOT EXISTS ${empty})
      file(WRITE ${empty} "")
    endif()
    add_library(${headers} OBJECT ${empty})
    llvm_update_compile_flags(${headers})
    if(kind STREQUAL programs)
      # As executables are compiled.
      set_target_properties(${headers} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${headers} PRIVATE -fPIE)
    endif()
    target_precompile_headers(${headers} PRIVATE
      <llvm/ADT/StringExtras.h>
      <llvm/Support/FormatVariadic.h>
      <mlir/Dialect/Affine/IR/AffineOps.h>
      <mlir/Dialect/Arith/IR/Arith.h>
      <mlir/Dialect/Func/IR/FuncOps.h>
      <mlir/Dialect/LLVMIR/LLVMDialect.h>
      <mlir/Dialect/Linalg/IR/Linalg.h>
      <mlir/Dialect/Math/IR/Math.h>
      <mlir/Dialect/MemRef/IR/MemRef.h>
      <mlir/Dialect/SCF/IR/SCF.h>
      <mlir/Dialect/Tensor/IR/Tensor.h>
      <mlir/Dialect/Vector/IR/VectorOps.h>
      <mlir/Pass/PassManager.h>
      <mlir/Transforms/GreedyPatternRewriteDriver.h>)
  endif()
  target_precompile_headers(${name} REUSE_FROM ${headers})
endfunction()

# nibble_add_library(NAME sources… [RUNTIME] [DEPENDS targets…])
#
# A layer of Nibble, compiled once as an object library. Compiler layers become part of libNibble.so; those marked
# RUNTIME also become part of libnibble_rt.so, which links no LLVM: they must not include an LLVM or MLIR header.
function(nibble_add_library name)
  cmake_parse_arguments(ARG "RUNTIME" "" "DEPENDS" ${ARGN})
  add_library(${name} OBJECT ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_RUNTIME)
    target_compile_options(${name} PRIVATE -Wall -Wextra)
    set_property(GLOBAL APPEND PROPERTY NIBBLE_RUNTIME_LAYERS ${name})
  else()
    llvm_update_compile_flags(${name})
    nibble_precompile_headers(${name} layers)
    set_property(GLOBAL APPEND PROPERTY NIBBLE_COMPILER_LAYERS ${name})
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  # Generated headers of all dialects must exist before any compiler layer is compiled.
  get_property(generated GLOBAL PROPERTY NIBBLE_GENERATED_TARGETS)
  if(generated AND NOT ARG_RUNTIME)
    add_dependencies(${name} ${generated})
  endif()
endfunction()

# nibble_add_tool(NAME sources…): an executable over libNibble.so.
function(nibble_add_tool name)
  add_llvm_executable(${name} ${ARGN})
  llvm_update_compile_flags(${name})
  target_link_libraries(${name} PRIVATE Nibble MLIR LLVM)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# nibble_generated(TARGET): declares a target that makes headers with mlir-tblgen.
function(nibble_generated target)
  set_property(GLOBAL APPEND PROPERTY NIBBLE_GENERATED_TARGETS ${target})
endfunction()
