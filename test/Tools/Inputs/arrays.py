"""arrays.py FOLDER: the input files of run.test."""
import sys

import numpy as np

folder = sys.argv[1]
x = np.arange(12, dtype=np.float32).reshape(3, 4)
np.save(f"{folder}/x.npy", x)
np.save(f"{folder}/fortran.npy", np.asfortranarray(x))
np.save(f"{folder}/double.npy", x.astype(np.float64))
np.save(f"{folder}/wide.npy", np.zeros((3, 5), np.float32))
np.save(f"{folder}/big.npy", x.astype(">f4"))
np.save(f"{folder}/words.npy", np.array(["a", "b"]))
np.savez_compressed(f"{folder}/x.npz", x=x, label=np.arange(3))
np.savez(f"{folder}/other.npz", z=x)
with open(f"{folder}/x.npy", "rb") as file:
    content = file.read()
with open(f"{folder}/cut.npy", "wb") as file:
    file.write(content[:-1])
np.savez(f"{folder}/step.npz", x=np.ones((2, 1, 3), np.float32))
np.savez(f"{folder}/states.npz", x=np.ones((1, 1, 3), np.float32), past_rows=np.ones((1, 5, 3), np.float32))
