# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""nibble.load and what it gives, on unittests/Runtime's models: affine.nib
(y = 2 x + [1, 2, 3, 4], total = sum of x) and cache.nib (appends x to the state
past_rows, counts runs in past_steps, sum = the sum over all rows)."""
import copy
import gc
import os
import pathlib
import pickle
import shutil
import stat
import sys
import threading
import time
import unittest
import unittest.mock
import weakref

import nibble
import numpy as np

FOLDER = sys.argv[1]


def path(name):
    return os.path.join(FOLDER, name)


class OnlyDLPack:
    """An array of another library."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Refusing:
    """As PyTorch's tensors with a gradient."""

    def __dlpack__(self, **options):
        raise BufferError("it requires a gradient")

    def __dlpack_device__(self):
        return 1, 0


class Affine(unittest.TestCase):
    def setUp(self):
        self.model = nibble.load(path("affine.nib"), threads=2)
        self.x = np.random.default_rng(0).standard_normal((5, 4), np.float32)
        self.y = 2 * self.x + np.array([1, 2, 3, 4], np.float32)

    def test_describes_itself(self):
        (x,), (y, total) = self.model.inputs, self.model.outputs
        self.assertEqual((x.name, x.dtype, x.shape, x.state),
                         ("x", np.float32, ("rows", 4), False))
        self.assertEqual((y.name, y.shape), ("y", ("rows", 4)))
        self.assertEqual((total.name, total.shape), ("total", ()))
        self.assertEqual(repr(self.model), "<nibble.Model (x) -> y, total>")
        self.assertEqual(repr(x), "Tensor('x', float32, ('rows', 4))")
        self.assertEqual(self.model.nbytes, os.path.getsize(path("affine.nib")))
        self.assertIn("affine" if "name" in self.model.manifest else "symbols",
                      str(self.model.manifest))

    def test_calls(self):
        for found in (self.model(self.x), self.model({"x": self.x}),
                      self.model(self.x.tolist())):
            self.assertEqual(list(found), ["y", "total"])
            np.testing.assert_array_equal(found["y"], self.y)
            np.testing.assert_allclose(found["total"], self.x.sum(), rtol=1e-5)
            self.assertEqual(found["total"].shape, ())

    def test_shapes(self):
        for rows in (0, 1, 2, 7, 1000):
            x = np.resize(self.x, (rows, 4))
            y = self.model(x)["y"]
            self.assertEqual(y.shape, (rows, 4))
            np.testing.assert_array_equal(y, 2 * x + np.float32([1, 2, 3, 4]))

    def test_strides_and_read_only(self):
        wide = np.zeros((5, 8), np.float32)
        wide[:, ::2] = self.x
        wide.flags.writeable = False
        for x in (wide[:, ::2], np.asfortranarray(self.x)):
            np.testing.assert_array_equal(self.model(x)["y"], self.y)

    def test_dlpack(self):
        np.testing.assert_array_equal(self.model(OnlyDLPack(self.x))["y"],
                                      self.y)
        np.testing.assert_array_equal(
            np.from_dlpack(self.model(self.x)["y"]), self.y)
        with self.assertRaisesRegex(nibble.Error, "'x'"):
            self.model(OnlyDLPack(self.x.astype(np.float64)))

    def test_chosen_and_given_outputs(self):
        self.assertEqual(list(self.model(self.x, outputs=["total"])), ["total"])
        y = np.full((5, 4), np.nan, np.float32)
        found = self.model(self.x, out={"y": y}, outputs=[])
        self.assertIs(found["y"], y)
        np.testing.assert_array_equal(y, self.y)

    def test_results_are_the_callers(self):
        first = self.model(self.x)["y"]
        kept = first.copy()
        self.model(-self.x)
        np.testing.assert_array_equal(first, kept)
        first[:] = 0
        del self.model
        first[:] = 1  # outlives the model

    def test_save(self):
        target = path("saved.nib")
        self.model.save(target)
        again = nibble.load(target)
        again.save(target)  # over the file that it is mapped from
        np.testing.assert_array_equal(again(self.x)["y"], self.y)
        self.assertFalse([n for n in os.listdir(FOLDER) if n.startswith(".")])
        os.unlink(target)

    def test_save_that_is_interrupted(self):
        interrupt = unittest.mock.patch("os.replace",
                                        side_effect=KeyboardInterrupt)
        with interrupt, self.assertRaises(KeyboardInterrupt):
            self.model.save(path("saved.nib"))
        self.assertFalse([n for n in os.listdir(FOLDER) if n.startswith(".")])
        self.assertFalse(os.path.exists(path("saved.nib")))

    def test_save_leaves_what_is_no_file(self):
        pipe = path("pipe.nib")
        os.mkfifo(pipe)
        with self.assertRaisesRegex(nibble.Error, "it is not a regular file"):
            self.model.save(pipe)
        self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))
        os.unlink(pipe)

    def test_save_takes_the_umask(self):
        self.addCleanup(os.umask, os.umask(0o027))
        self.model.save(path("saved.nib"))
        self.assertEqual(os.stat(path("saved.nib")).st_mode & 0o777, 0o640)
        os.unlink(path("saved.nib"))

    def test_save_what_was_loaded(self):
        source, target = path("source.nib"), path("target.nib")
        shutil.copy(path("affine.nib"), source)
        model = nibble.load(source)
        shutil.copy(path("cache.nib"), target)
        os.replace(target, source)  # another model has its name
        size = os.path.getsize(path("affine.nib"))
        self.assertEqual(model.nbytes, size)
        model.save(target)
        with open(target, "rb") as file, open(path("affine.nib"), "rb") as own:
            self.assertEqual(file.read(), own.read())
        os.unlink(source)
        os.unlink(target)
        self.assertEqual(model.nbytes, size)
        np.testing.assert_array_equal(model(self.x)["y"], self.y)

    def test_save_from_another_folder(self):
        self.addCleanup(os.chdir, os.getcwd())
        target = os.path.abspath(path("target.nib"))
        os.chdir(FOLDER)
        model = nibble.load("affine.nib")
        os.chdir("/")
        model.save(target)
        self.assertEqual(model.nbytes, os.path.getsize(target))
        os.unlink(target)

    def test_closes_its_file(self):
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        model = nibble.load(path("affine.nib"))
        self.assertGreater(len(os.listdir("/proc/self/fd")), before)
        del model
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
        with self.assertRaises(nibble.Error):
            nibble.load(FOLDER)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_goes_with_its_last_reference(self):
        gc.disable()
        self.addCleanup(gc.enable)
        model = nibble.load(path("affine.nib"))
        model(self.x)
        session = model.session()
        gone = weakref.ref(model)
        del model
        self.assertIsNotNone(gone())
        np.testing.assert_array_equal(session(self.x)["y"], self.y)
        del session
        self.assertIsNone(gone())

    def test_threads(self):
        wrong = []

        def work():
            for _ in range(100):
                if not np.array_equal(self.model(self.x)["y"], self.y):
                    wrong.append(1)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertFalse(wrong)


class Cache(unittest.TestCase):
    def setUp(self):
        self.model = nibble.load(path("cache.nib"), threads=2)
        self.x = np.arange(1, 19, dtype=np.float32).reshape(2, 3, 3)

    def test_describes_itself(self):
        self.assertEqual([(t.name, t.shape, t.state) for t in self.model.inputs],
                         [("x", ("batch", "sequence", 3), False),
                          ("past_rows", ("batch", "past", 3), True),
                          ("past_steps", (1,), True)])
        self.assertEqual([t.name for t in self.model.outputs],
                         ["sum", "present_rows", "present_steps"])

    def test_call_is_a_function(self):
        for _ in range(2):
            found = self.model(self.x)
            np.testing.assert_array_equal(found["sum"], self.x.sum(1))
            np.testing.assert_array_equal(found["present_rows"], self.x)
            np.testing.assert_array_equal(found["present_steps"], [1])

    def test_states_given(self):
        past = np.ones((2, 4, 3), np.float32)
        found = self.model({"x": self.x, "past_rows": past,
                            "past_steps": np.array([7])})
        np.testing.assert_array_equal(found["present_rows"],
                                      np.concatenate([past, self.x], 1))
        np.testing.assert_array_equal(found["present_steps"], [8])
        empty = self.model({"x": self.x,
                            "past_rows": np.zeros((2, 0, 3), np.float32)})
        np.testing.assert_array_equal(empty["present_rows"], self.x)

    def test_session_carries_states(self):
        one, two = self.model.session(), self.model.session(threads=1)
        self.assertEqual(two.threads, 1)
        for step in range(1, 40):
            found = one(self.x[:, :1])
            self.assertEqual(list(found), ["sum"])
            np.testing.assert_array_equal(found["sum"], step * self.x[:, 0])
        self.assertEqual(one.lengths["past_rows"], 39)
        np.testing.assert_array_equal(two(self.x)["sum"], self.x.sum(1))
        found = one({"x": self.x[:, :1]}, outputs=["present_steps"])
        np.testing.assert_array_equal(found["present_steps"], [40])
        one.reset()
        np.testing.assert_array_equal(one(self.x)["sum"], self.x.sum(1))
        self.assertGreater(one.nbytes, 0)


class Errors(unittest.TestCase):
    def fails(self, pattern, call, *args, **options):
        with self.assertRaisesRegex(nibble.Error, pattern):
            call(*args, **options)

    def test_inputs(self):
        model = nibble.load(path("affine.nib"))
        x = np.zeros((2, 4), np.float32)
        self.fails(r"input 'x' takes float32, got float64: .*astype\(np.float32",
                   model, x.astype(np.float64))
        self.fails("'x'", model, np.zeros((2, 5), np.float32))
        self.fails("'x'", model, np.zeros(4, np.float32))
        self.fails("'x' takes float32, got list of <U1", model, ["a"])
        self.fails(r"takes 1 inputs \(x\), got 2", model, x, x)
        self.fails("no input named 'z'; there are x", model, {"z": x})
        self.fails("input 'x' is missing", model, {})
        self.fails("node 'Mul_0': more than 100000 rows", model,
                   np.zeros((100001, 4), np.float32))
        np.testing.assert_array_equal(model(x)["y"][0], [1, 2, 3, 4])

    def test_outputs(self):
        model = nibble.load(path("affine.nib"))
        x = np.zeros((2, 4), np.float32)
        self.fails("no output named 'z'; there are y, total", model, x,
                   outputs=["z"])
        self.fails("output 'y' is float32, the array given for it float64",
                   model, x, out={"y": np.zeros((2, 4))})
        self.fails("'y'", model, x, out={"y": np.zeros((3, 4), np.float32)})
        y = np.zeros((2, 4), np.float32)
        y.flags.writeable = False
        self.fails("'y' is read-only", model, x, out={"y": y})
        self.fails("outputs is a list of names, not one string", model, x,
                   outputs="total")
        y = np.zeros((2, 4), np.float32)
        for out in (y, [y], [], "y"):
            self.fails("out is a mapping {name: array}, not", model, x, out=out)

    def test_threads_that_share_a_session(self):
        session = nibble.load(path("affine.nib"), threads=1).session()
        many = np.zeros((100001, 4), np.float32)
        stop = threading.Event()
        reasons = {"run": set(), "reset": set()}

        def attempt(what, call, *args):
            try:
                call(*args)
            except nibble.Error as error:
                reasons[what].add(str(error))

        def work():
            while not stop.is_set():
                attempt("run", session, many)
        thread = threading.Thread(target=work)
        thread.start()
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            attempt("reset", session.reset)
        stop.set()
        thread.join()
        # Each call says why it failed, not why another one did.
        busy = "the session is running on another thread"
        check = "node 'Mul_0': more than 100000 rows"
        self.assertIn(check, reasons["run"])
        self.assertLessEqual(reasons["run"], {check, busy})
        self.assertLessEqual(reasons["reset"], {busy})

    def test_targets(self):
        model = nibble.load(path("affine.nib"))
        x = np.zeros((2, 4), np.float32)
        for value in (None, True, False):
            self.fails("output 'y' is written to a writable, contiguous array "
                       f"on the CPU, not to {value}", model, x,
                       out={"y": value})
        view = memoryview(x).toreadonly()
        fixed = x.copy()
        fixed.flags.writeable = False
        for value in ([[0.0] * 4] * 2, "y", 0, view, OnlyDLPack(fixed)):
            self.fails("output 'y' is written to a writable, contiguous array "
                       f"on the CPU: this {type(value).__name__} is none",
                       model, x, out={"y": value})
        y = np.full((2, 4), np.nan, np.float32)
        for value in (OnlyDLPack(y), memoryview(y)):
            self.assertIs(model(x, out={"y": value})["y"], value)
            np.testing.assert_array_equal(y, [[1, 2, 3, 4]] * 2)
            y[:] = np.nan

    def test_arrays_that_refuse(self):
        model = nibble.load(path("affine.nib"))
        with self.assertRaisesRegex(BufferError, "it requires a gradient"):
            model(Refusing())
        self.fails("output 'y' is written to a .*: this Refusing is none",
                   model, np.zeros((2, 4), np.float32), out={"y": Refusing()})

    def test_files(self):
        self.fails("cannot open '.*nosuch.nib': No such file", nibble.load,
                   path("nosuch.nib"))
        self.fails(f"cannot open '{FOLDER}': not a file", nibble.load, FOLDER)
        model = nibble.load(path("affine.nib"))
        self.fails("cannot write /nosuch/folder.nib: No such file", model.save,
                   "/nosuch/folder.nib")
        model.save(path("cut.nib"))
        os.truncate(path("cut.nib"), model.nbytes // 2)
        self.fails("^'.*/cut.nib' is cut short", nibble.load, path("cut.nib"))
        os.unlink(path("cut.nib"))

    def test_paths(self):
        source = path("affine.nib")
        for name in (source.encode(), pathlib.Path(source)):
            self.assertEqual(nibble.load(name).nbytes, os.path.getsize(source))
        self.fails("path: an empty string names no file", nibble.load, "")
        self.fails("path: '.*x' has a null character", nibble.load,
                   source + "\0x")
        self.fails(r"path: '\\ud800.nib' is not Unicode", nibble.load,
                   "\ud800.nib")
        with self.assertRaisesRegex(TypeError, "PathLike"):
            nibble.load(None)
        model = nibble.load(source)
        odd = os.path.join(os.fsencode(FOLDER), b"\xff.nib")
        model.save(odd)
        self.assertEqual(nibble.load(odd).nbytes, model.nbytes)
        os.unlink(odd)

    def test_threads(self):
        source = path("affine.nib")
        model = nibble.load(source, threads=np.int64(2))
        self.assertEqual(model.session().threads, 2)
        for threads in (-1, 2**31, 2**70):
            pattern = f"threads must be from 0 to 2147483647, not {threads}"
            self.fails(pattern, nibble.load, source, threads=threads)
            self.fails(pattern, model.session, threads)
        self.fails("cannot run on 1000000 threads", model.session, 10**6)
        for threads in (1.5, "2"):
            with self.assertRaisesRegex(TypeError, "threads must be an int"):
                nibble.load(source, threads=threads)
        with self.assertRaisesRegex(TypeError, "an integer, not NoneType"):
            nibble.load(source, threads=None)

    def test_pickle(self):
        model = nibble.load(path("affine.nib"))
        for call in (pickle.dumps, copy.copy, copy.deepcopy):
            self.fails(r"a model can be neither .*save\(\) it", call, model)
            self.fails(r"a session can be neither .*model.session\(\)", call,
                       model.session())

    def test_states(self):
        model = nibble.load(path("cache.nib"))
        x = np.ones((2, 1, 3), np.float32)
        self.fails("past_rows", model, {
            "x": x, "past_rows": np.ones((3, 1, 3), np.float32)})
        session = model.session()
        session(x)
        self.fails("negative", session, -x)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
