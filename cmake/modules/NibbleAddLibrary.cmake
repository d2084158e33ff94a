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
