# benchmarks/peers/pysb_cuda/run.py - PySB's CUDA simulator: known, not measured yet.
PEER = {
    "name": "PySB, CUDA", "requirements": [], "license": "BSD-2-Clause", "reads": "mass action", "threads": False,
    "variants": {"": "CudaSSASimulator"},
    "reason": "needs an NVIDIA GPU, and a runner that somebody has tried on one",
}
