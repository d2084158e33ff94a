# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package nibble on models of a few ops, made here."""
import os
import subprocess
import sys
import tempfile
import threading
import unittest

import nibble
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def onnx_model(nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(
        nodes, "test",
        [helper.make_tensor_value_info(*i) for i in inputs],
        [helper.make_tensor_value_info(*o) for o in outputs],
        [numpy_helper.from_array(v, n) for n, v in constants])
    return helper.make_model(graph, ir_version=8,
                             opset_imports=[helper.make_opsetid("", 17)])


WEIGHT = np.arange(-6, 6, dtype=np.float32).reshape(4, 3) / 8


def linear():
    """y = relu(x W), x [batch, 4]."""
    return onnx_model(
        [helper.make_node("MatMul", ["x", "w"], ["h"], name="product"),
         helper.make_node("Relu", ["h"], ["y"], name="relu")],
        [("x", TensorProto.FLOAT, ["batch", 4])],
        [("y", TensorProto.FLOAT, ["batch", 3])], [("w", WEIGHT)])


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, model, name="model.onnx"):
        onnx.save(model, self.path(name))
        return self.path(name)

    def compiled(self, model=None, **options):
        return nibble.compile(self.write(model or linear()), **options)


class Calls(Folder):
    def setUp(self):
        super().setUp()
        self.model = self.compiled()
        self.x = np.random.default_rng(0).standard_normal((5, 4), np.float32)
        self.y = np.maximum(self.x @ WEIGHT, 0)

    def test_describes_itself(self):
        (x,), (y,) = self.model.inputs, self.model.outputs
        self.assertEqual((x.name, x.dtype, x.shape),
                         ("x", np.float32, ("batch", 4)))
        self.assertEqual((y.name, y.dtype, y.shape),
                         ("y", np.float32, ("batch", 3)))
        self.assertEqual(repr(self.model), "<nibble.Model (x) -> y>")
        self.assertIn("batch", repr(x))
        self.assertGreater(self.model.nbytes, 0)

    def test_by_position_and_by_name(self):
        for found in (self.model(self.x), self.model({"x": self.x})):
            self.assertEqual(list(found), ["y"])
            np.testing.assert_allclose(found["y"], self.y, atol=1e-6)

    def test_other_batches(self):
        for batch in (1, 2, 7, 64):
            x = np.resize(self.x, (batch, 4))
            np.testing.assert_allclose(self.model(x)["y"],
                                       np.maximum(x @ WEIGHT, 0), atol=1e-6)

    def test_lists_and_strides(self):
        found = self.model(self.x.tolist())["y"]
        np.testing.assert_allclose(found, self.y, atol=1e-6)
        wide = np.zeros((5, 8), np.float32)
        wide[:, ::2] = self.x
        np.testing.assert_array_equal(self.model(wide[:, ::2])["y"],
                                      self.model(self.x)["y"])

    def test_read_only_input(self):
        self.x.flags.writeable = False
        np.testing.assert_allclose(self.model(self.x)["y"], self.y, atol=1e-6)

    def test_given_output(self):
        y = np.full((5, 3), np.nan, np.float32)
        found = self.model({"x": self.x}, out={"y": y}, outputs=[])
        self.assertIs(found["y"], y)
        np.testing.assert_allclose(y, self.y, atol=1e-6)

    def test_results_are_the_callers(self):
        first = self.model(self.x)["y"]
        kept = first.copy()
        self.model(-self.x)
        np.testing.assert_array_equal(first, kept)
        first[:] = 0  # writable

    def test_save_and_load(self):
        path = self.path("saved.nib")
        self.model.save(path)
        again = nibble.load(path, threads=2)
        np.testing.assert_array_equal(again(self.x)["y"],
                                      self.model(self.x)["y"])
        again.save(path)  # over the file that it is mapped from
        np.testing.assert_array_equal(again(self.x)["y"],
                                      self.model(self.x)["y"])
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["model.onnx", "saved.nib"])

    def test_nothing_stays(self):
        self.addCleanup(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = self.path("temporary")
        os.mkdir(tempfile.tempdir)
        model = self.compiled(weights="int8", activations="int8",
                              calibration={"x": self.x})
        self.assertEqual(os.listdir(tempfile.tempdir), [])
        model.save(self.path("saved.nib"))
        self.assertEqual(model.nbytes, os.path.getsize(self.path("saved.nib")))
        np.testing.assert_array_equal(
            nibble.load(self.path("saved.nib"))(self.x)["y"],
            model(self.x)["y"])

    def test_threads(self):
        wrong = []

        def work():
            for _ in range(50):
                if not np.allclose(self.model(self.x)["y"], self.y, atol=1e-6):
                    wrong.append(1)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertFalse(wrong)

    def test_a_forked_child_ends(self):
        code = """if True:
            import nibble, os, sys
            nibble.compile(sys.argv[1])
            child = os.fork()
            if child:
                sys.exit(os.waitpid(child, 0)[1])
            """
        subprocess.run([sys.executable, "-c", code, self.path("model.onnx")],
                       check=True, timeout=120)

    def test_quantized(self):
        model = self.compiled(weights="int8", activations="int8",
                              calibration={"x": self.x})
        with self.assertRaisesRegex(nibble.Error, "the model has no such node"):
            self.compiled(weights="int8", keep=["nosuch*"])
        found = model(self.x)["y"]
        step = np.abs(self.x).max() / 127
        # Each of the four products errs by half a step of either operand.
        bound = 4 * (step * np.abs(WEIGHT).max()
                     + np.abs(WEIGHT).max() / 127 * np.abs(self.x).max())
        np.testing.assert_allclose(found, self.y, atol=bound)

    def test_calibration_of_any_name(self):
        options = {"weights": "int8", "activations": "int8"}
        same = self.compiled(calibration={"x": self.x}, **options)
        # What np.savez calls its own arguments, a folder, other letters.
        for name in ("file", "allow_pickle", "args", "self", "/a/b", "größe"):
            model = linear()
            model.graph.input[0].name = name
            model.graph.node[0].input[0] = name
            compiled = self.compiled(model, calibration={name: self.x},
                                     **options)
            np.testing.assert_array_equal(compiled(self.x)["y"],
                                          same(self.x)["y"])

    def test_calibration_of_several_lengths(self):
        model = onnx_model(
            [helper.make_node("MatMul", ["x", "w"], ["y"], name="product")],
            [("x", TensorProto.FLOAT, [1, "length", 4])],
            [("y", TensorProto.FLOAT, [1, "length", 3])], [("w", WEIGHT)])
        folder = self.path("samples")
        os.mkdir(folder)
        for length in (3, 5):
            np.savez(os.path.join(folder, f"{length}.npz"),
                     x=np.resize(self.x, (1, length, 4)))
        found = self.compiled(model, weights="int8", activations="int8",
                              calibration=folder)(self.x[None])["y"]
        # As in test_quantized; the longer sample has all of x.
        bound = 8 * np.abs(self.x).max() * np.abs(WEIGHT).max() / 127
        np.testing.assert_allclose(found[0], self.x @ WEIGHT, atol=bound)

    def test_activation_group(self):
        model = self.compiled(weights="int8", activations="int4",
                              activation_group=2)
        pairs = self.x.reshape(5, 2, 2)
        scale = np.maximum(pairs.max(-1, keepdims=True).clip(0) / 7,
                           pairs.min(-1, keepdims=True).clip(None, 0) / -8)
        rounded = (np.round(pairs / scale) * scale).reshape(5, 4)
        expected = np.maximum(rounded @ WEIGHT, 0)
        # A weight is off by half a step of its scale.
        error = 0.75 / 254 * np.abs(rounded).sum(1).max()
        self.assertLess(np.abs(model(self.x)["y"] - expected).max(), error)
        plain = np.maximum(self.x @ WEIGHT, 0)
        self.assertGreater(np.abs(plain - expected).max(), 2 * error)
        self.assertIn("rounded to int4 by groups of 2", str(model.manifest))

    def test_progress(self):
        seen = []
        self.compiled(progress=lambda stage, part: seen.append((stage, part)))
        self.assertTrue(seen)
        self.assertTrue(all(0 <= part <= 1 for _, part in seen))

    def test_progress_raises(self):
        def stop(_stage, _part):
            raise KeyboardInterrupt
        with self.assertRaises(KeyboardInterrupt):
            self.compiled(progress=stop)

    def test_progress_raises_while_weights_are_written(self):
        model = onnx_model(
            [helper.make_node("MatMul", ["x", "w"], ["h"], name="first"),
             helper.make_node("MatMul", ["h", "v"], ["y"], name="second")],
            [("x", TensorProto.FLOAT, ["batch", 4])],
            [("y", TensorProto.FLOAT, ["batch", 4])],
            [("w", WEIGHT), ("v", WEIGHT.T.copy())])
        seen = []

        def stop(stage, _part):
            seen.append(stage)
            if stage == "weights":
                raise KeyboardInterrupt
        with self.assertRaises(KeyboardInterrupt):
            self.compiled(model, progress=stop)
        # It stops there: the second weight is not written.
        self.assertEqual(seen.count("weights"), 1)


class Errors(Folder):
    def fails(self, pattern, call, *args, **options):
        with self.assertRaisesRegex(nibble.Error, pattern):
            call(*args, **options)

    def test_wrong_inputs(self):
        model = self.compiled()
        x = np.zeros((2, 4), np.float32)
        self.fails("input 'x' takes float32, got float64", model,
                   x.astype(np.float64))
        self.fails("'x'.*", model, np.zeros((2, 5), np.float32))
        self.fails("'x'.*", model, np.zeros(4, np.float32))
        self.fails("takes 1 inputs \\(x\\), got 2", model, x, x)
        self.fails("no input named 'z'; there are x", model, {"z": x})
        self.fails("input 'x' is missing", model, {})
        self.fails("no output named 'z'; there are y", model, x, outputs=["z"])
        self.fails("output 'y' is float32", model, x,
                   out={"y": np.zeros((2, 3))})
        self.fails("'y'", model, x, out={"y": np.zeros((3, 3), np.float32)})

    def test_files(self):
        self.fails("nosuch.onnx", nibble.compile, self.path("nosuch.onnx"))
        self.fails("nosuch.nib", nibble.load, self.path("nosuch.nib"))
        with open(self.path("bad.onnx"), "wb") as file:
            file.write(b"\xff" * 64)
        self.fails("bad.onnx", nibble.compile, self.path("bad.onnx"))
        model = self.compiled()
        self.fails("cannot write", model.save, self.path("no/such/folder.nib"))
        model.save(self.path("cut.nib"))
        os.truncate(self.path("cut.nib"), model.nbytes // 2)
        self.fails("cut.nib", nibble.load, self.path("cut.nib"))

    def test_paths(self):
        path = self.write(linear())
        self.assertEqual(nibble.compile(os.fsencode(path)).inputs[0].name, "x")
        self.fails("path: an empty string names no file", nibble.compile, "")
        self.fails("path: '.*x' has a null character", nibble.compile,
                   path + "\0x")
        self.fails("path: the compiler takes names in UTF-8, not",
                   nibble.compile, self.path("\udcff.onnx"))
        for option in ("matrices", "dump_ir", "calibration"):
            self.fails(f"{option}: an empty string", nibble.compile, path,
                       **{option: ""})

    def test_counts(self):
        path = self.write(linear())
        for option in ("threads", "group", "activation_group"):
            self.fails(f"{option} must be from 0 to 2147483647, not -1",
                       nibble.compile, path, **{option: -1})
            with self.assertRaisesRegex(TypeError, f"{option} must be an int"):
                nibble.compile(path, **{option: 1.5})
        nibble.compile(path, weights="int8", group=np.int64(4))

    def test_options(self):
        path = self.write(linear())
        self.fails("int99", nibble.compile, path, weights="int99")
        self.fails("nosuchcpu", nibble.compile, path, target="nosuchcpu")
        self.fails("list of patterns", nibble.compile, path, keep="a*")
        self.fails("no inputs given", nibble.compile, path, calibration=[],
                   activations="int8")
        self.assertEqual(os.listdir(self.folder), ["model.onnx"])

    def test_input_values(self):
        path = self.write(linear())
        for value in (np.nan, np.inf, -np.float32(np.inf)):
            self.fails(f"input 'x' cannot be {value}, only a finite number",
                       nibble.compile, path, input_values={"x": value})
        for value in ("1", [1, 2], None, True):
            self.fails("input 'x' takes one number, not ", nibble.compile, path,
                       input_values={"x": value})
        self.assertEqual(len(nibble.compile(path, input_values={}).inputs), 1)
        self.fails("input_values is a mapping {name: number}, not list",
                   nibble.compile, path, input_values=["x"])
        scaled = self.write(onnx_model(
            [helper.make_node("Mul", ["x", "n"], ["y"])],
            [("x", TensorProto.FLOAT, [2]), ("n", TensorProto.FLOAT, [])],
            [("y", TensorProto.FLOAT, [2])]), "scaled.onnx")
        for value in (3, 3.0, np.float32(3), np.array([3])):
            model = nibble.compile(scaled, input_values={"n": value})
            np.testing.assert_array_equal(
                model(np.array([1, 2], np.float32))["y"], [3, 6])

    def test_calibration(self):
        path = self.write(linear())
        options = {"weights": "int8", "activations": "int8"}
        self.fails("input 'x' must be an array of numbers, not dict",
                   nibble.compile, path, calibration={"x": {}}, **options)

    def test_unknown_op(self):
        model = onnx_model([helper.make_node("Frobnicate", ["x"], ["y"],
                                             name="odd", domain="nowhere")],
                           [("x", TensorProto.FLOAT, [1])],
                           [("y", TensorProto.FLOAT, [1])])
        model.opset_import.add(domain="nowhere", version=1)
        self.fails("Frobnicate", self.compiled, model)


class Types(Folder):
    def test_integer_and_bool(self):
        model = self.compiled(onnx_model(
            [helper.make_node("Less", ["a", "b"], ["less"], name="less"),
             helper.make_node("Add", ["a", "b"], ["sum"], name="sum")],
            [("a", TensorProto.INT64, ["n"]), ("b", TensorProto.INT64, ["n"])],
            [("less", TensorProto.BOOL, ["n"]),
             ("sum", TensorProto.INT64, ["n"])]))
        a, b = np.array([1, 5, -3]), np.array([2, 4, -3])
        found = model(a, b)
        self.assertEqual(found["less"].dtype, bool)
        np.testing.assert_array_equal(found["less"], a < b)
        np.testing.assert_array_equal(found["sum"], a + b)
        np.testing.assert_array_equal(model([1, 2], [3, 4])["sum"], [4, 6])
        with self.assertRaisesRegex(nibble.Error, "takes int64"):
            model([1.5], [2])


class OnnxBackend(Folder):
    def test_ops_over_constants(self):
        """Ops that no weight program has run with the model."""
        c = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
        nodes = [helper.make_node("Sigmoid", ["c"], ["s"]),
                 helper.make_node("Softmax", ["s"], ["p"], axis=-1),
                 helper.make_node("MatMul", ["p", "w"], ["m"]),
                 helper.make_node("Add", ["x", "m"], ["y"])]
        model = self.compiled(onnx_model(
            nodes, [("x", TensorProto.FLOAT, ["batch", 3])],
            [("y", TensorProto.FLOAT, [3, 3])],
            [("c", c), ("w", WEIGHT)]))
        e = np.exp(1 / (1 + np.exp(-c)))
        x = np.ones((3, 3), np.float32)
        # A few roundings of f32 of numbers below 8.
        np.testing.assert_allclose(
            model(x)["y"], x + e / e.sum(-1, keepdims=True) @ WEIGHT, atol=1e-5)

    def test_run_model(self):
        x = np.ones((2, 4), np.float32)
        (y,) = nibble.backend.run_model(linear(), [x])
        np.testing.assert_allclose(y, np.maximum(x @ WEIGHT, 0), atol=1e-6)

    def test_run_node(self):
        x = np.array([-1, 0, 2], np.float32)
        (y,) = nibble.backend.run_node(
            helper.make_node("Relu", ["x"], ["y"]), [x], opset_version=17)
        np.testing.assert_array_equal(y, [0, 0, 2])

    def test_run_node_of_other_inputs(self):
        run = nibble.backend.run_node
        x = np.array([-1, 0, 2], np.float32)
        limit = np.array(1, np.float32)
        clip = helper.make_node("Clip", ["x", "", "high"], ["y"])
        for inputs in ([x, None, limit], [x, limit]):
            np.testing.assert_array_equal(run(clip, inputs).y, [-1, 0, 1])
        twice = helper.make_node("Add", ["x", "x"], ["y"])
        for inputs in ([x, x], [x]):
            np.testing.assert_array_equal(run(twice, inputs).y, 2 * x)
        with self.assertRaisesRegex(nibble.Error, "two values for 'x'"):
            run(twice, [x, -x])
        constant = helper.make_node("Constant", [], ["y"],
                                    value=numpy_helper.from_array(x))
        np.testing.assert_array_equal(run(constant, []).y, x)
        less = helper.make_node("Less", ["x", "high"], ["y"])
        found = run(less, [x, limit]).y
        self.assertEqual(found.dtype, bool)  # not the dtype of x
        np.testing.assert_array_equal(found, [True, True, False])
        found = run(less, [x, limit], outputs_info=[(bool, (3,))]).y
        np.testing.assert_array_equal(found, [True, True, False])
        with self.assertRaisesRegex(
                nibble.Error, r"has 2 inputs \(x, high\), inputs has 1"):
            run(less, [x])

    def test_models(self):
        x = np.ones((2, 4), np.float32)
        model = linear()
        for given in (model, model.SerializeToString(), self.write(model)):
            prepared = nibble.backend.prepare(given)
            np.testing.assert_allclose(prepared.run([x]).y,
                                       np.maximum(x @ WEIGHT, 0), atol=1e-6)
        with self.assertRaisesRegex(nibble.Error, r"1 inputs \(x\), got 2"):
            prepared.run([x, x])
        with self.assertRaisesRegex(nibble.Error, "bytes are no serialized"):
            nibble.backend.prepare(b"\xff" * 8)
        with self.assertRaisesRegex(nibble.Error, "a model is .*, not list"):
            nibble.backend.prepare([model])

    def test_devices(self):
        self.assertTrue(nibble.backend.supports_device("CPU"))
        self.assertFalse(nibble.backend.supports_device("CUDA"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
