#!/usr/bin/env python3
"""Runs this library's benchmarks and the Python peer's scripts in turn, and prints the ratios of their medians.

  eng/compare-with-peft.py --python PEER/bin/python --scripts PEER_SCRIPTS --model MINILM_FOLDER --data GLUE_FOLDER [--only NAME] [--clock cpu]

Build first: dotnet build -c Release test/Microsoft.ML.Eva.Benchmarks. Both sides get the same number of threads; they never run at once.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BENCHMARKS = os.path.join(ROOT, "test/Microsoft.ML.Eva.Benchmarks/bin/Release/net10.0/Microsoft.ML.Eva.Benchmarks.dll")
# Lets a script that reads the wall clock read the process's own time instead.
ON_PROCESSOR_TIME = "import os,runpy,sys,time; time.perf_counter=time.process_time; sys.argv=sys.argv[1:]; sys.path.insert(0, os.getcwd()); runpy.run_path(sys.argv[0], run_name='__main__')"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="the peer's Python")
    parser.add_argument("--scripts", required=True, help="the folder of the peer's scripts")
    parser.add_argument("--model", required=True, help="MiniLM as a Hugging Face folder")
    parser.add_argument("--data", required=True, help="the folder of the GLUE tasks")
    parser.add_argument("--only", choices=["train-step", "eva-init", "epoch"], action="append")
    parser.add_argument("--rounds", type=int, default=3, help="how often the two take turns")
    parser.add_argument("--steps", type=int, default=5, help="steps in each round of train-step")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    args = parser.parse_args()
    args.python, args.scripts, args.model, args.data = map(os.path.abspath, (args.python, args.scripts, args.model, args.data))
    for name in args.only or ["train-step", "eva-init", "epoch"]:
        rounds = [(OURS[name](args), PEER[name](args)) for _ in range(args.rounds)]
        for key in rounds[0][0]:
            # What PEFT has no counterpart for (products in 16 bits) is compared with the same method in its 32 bits.
            keys = (key, key.removesuffix(" in bfloat16"))
            ours, peer = (sorted(r[side][keys[side]] for r in rounds)[len(rounds) // 2] for side in (0, 1))
            print(f"{name} {key}: ours {ours:.3f} s, PEFT {peer:.3f} s, ratio {ours / peer:.3f}", flush=True)


def run(args, command, folder=ROOT):
    with tempfile.TemporaryDirectory() as temporary:
        path = os.path.join(temporary, "result.json")
        environment = dict(os.environ, OMP_NUM_THREADS=str(args.threads))
        done = subprocess.run([*command, "--json", path], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
        with open(path) as file:
            return json.load(file)


def ours(args, suite, *more):
    return run(args, ["dotnet", BENCHMARKS, "--suite", suite, "--clock", args.clock, *more])


def peer(args, script, *more):
    start = [args.python, "-c", ON_PROCESSOR_TIME] if args.clock == "cpu" else [args.python]
    return run(args, [*start, script, "--model", args.model, "--threads", str(args.threads), *more], args.scripts)


def sst2(args):
    return ["--texts", os.path.join(args.data, "SST-2/train.tsv"), "--rows", "4000"]


def our_steps(args):
    methods = ours(args, "train-step", "--repeats", str(args.steps))["methods"]
    return {name.replace("_bfloat16", " in bfloat16"): method["step_ms"] / 1e3 for name, method in methods.items()}


def peer_steps(args):
    results = peer(args, "train_step_bench.py", "--methods", "lora,dora,fft", "--shapes", "32x64", "--steps", str(args.steps), "--dropout", "0")["results"]
    return {result["method"]: result["step_ms"] / 1e3 for result in results}


def our_warm_up(args):
    results = ours(args, "eva-init", "--repeats", "1", "--ranks", "8", "32", "--rhos", "2", "--batches", "32", *sst2(args))["results"]
    return {f"rank {result['rank']}": result["exact"]["seconds"] for result in results}


def peer_warm_up(args):
    results = peer(args, "eva_init_bench.py", "--task", "sst2", "--data", args.data, "--train-rows", "4000", "--ranks", "8,32", "--rhos", "2", "--batches", "32")["results"]
    return {f"rank {result['rank']}": result["seconds"] for result in results}


def our_epoch(args):
    def seconds(precision):
        return ours(args, "epoch", "--repeats", "1", "--precision", precision, *sst2(args))["seconds"]
    return {"lora, 4,000 rows": seconds("Float32"), "lora, 4,000 rows in bfloat16": seconds("BFloat16")}


def peer_epoch(args):
    result = peer(args, "glue_train.py", "--task", "sst2", "--data", args.data, "--method", "lora", "--rank", "8", "--alpha", "8", "--lr", "1e-3",
                  "--epochs", "1", "--batch", "32", "--max-length", "128", "--train-rows", "4000", "--dropout", "0", "--seed", "1")
    return {"lora, 4,000 rows": result["seconds"]["train"]}


OURS = {"train-step": our_steps, "eva-init": our_warm_up, "epoch": our_epoch}
PEER = {"train-step": peer_steps, "eva-init": peer_warm_up, "epoch": peer_epoch}

if __name__ == "__main__":
    main()
