using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>
/// Forward pass, backward pass and optimiser on a full batch of 32 rows of 64 random tokens, adapters of rank 8 on all linear
/// layers of MiniLM: what the Python peer's train_step_bench.py measures. The batch goes through in passes, as in a fit.
/// </summary>
internal static class TrainStepSuite
{
    private const int BatchSize = 32;
    private const int Tokens = 64;

    public static object Run(SuiteSettings settings)
    {
        var methods = new (string Name, AdapterOptions Options, ComputePrecision Precision)[]
        {
            ("lora", new LoraOptions { Initialization = new RandomOptions() }, ComputePrecision.Float32),
            ("dora", new DoraOptions { Initialization = new RandomOptions() }, ComputePrecision.Float32),
            ("fft", new FullFineTuningOptions(), ComputePrecision.Float32),
            ("lora_bfloat16", new LoraOptions { Initialization = new RandomOptions() }, ComputePrecision.BFloat16),
            ("dora_bfloat16", new DoraOptions { Initialization = new RandomOptions() }, ComputePrecision.BFloat16),
            ("fft_bfloat16", new FullFineTuningOptions(), ComputePrecision.BFloat16),
        };
        var runs = methods.Select(method => new Run1(method.Options, method.Precision, settings)).ToList();
        try
        {
            foreach (var run in runs)
                run.Step(isTimed: false);
            for (var repeat = 0; repeat < settings.Repeats; repeat++)
                foreach (var run in runs)
                    run.Step(isTimed: true);
            return new
            {
                Shape = $"{BatchSize}x{Tokens}",
                Steps = settings.Repeats,
                Threads = get_num_threads(),
                Methods = methods.Zip(runs).ToDictionary(pair => pair.First.Name, pair => pair.Second.Describe()),
            };
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
        }
    }

    /// <summary>One method's network, optimiser and times.</summary>
    private sealed class Run1 : IDisposable
    {
        private readonly Network _network = MiniLmSetup.CreateNetwork();
        private readonly FlatParameters _parameters;
        private readonly AdamW _optimizer;
        private readonly Generator _generator = new(1);
        private readonly Batch _batch;
        private readonly SuiteSettings _settings;
        private readonly ForwardMode _mode;
        private readonly RowLimit _limit;
        private readonly List<(double Forward, double Backward, double Optimizer)> _seconds = [];

        public Run1(AdapterOptions options, ComputePrecision precision, SuiteSettings settings)
        {
            (_settings, _mode) = (settings, ForwardMode.Training(_generator, precision));
            _limit = new RowLimit(false, "", _ => { }) { Tokens = FineTuning.TokensAtOnce(CPU, options, precision) };
            AdapterInjector.Seat(_network, AdapterPlan.Create(options, _network.Backbone.AdaptableLayers), options, null, _generator);
            _parameters = new FlatParameters([.. WeightGroup.Create(_network, options).SelectMany(group => ParameterGroup.DecayingMatrices(group.Weights, 0))]);
            _optimizer = new AdamW(_parameters, AdamWConstants.Default);
            _batch = new Batch
            {
                Inputs = randint(1000, 30000, [BatchSize, Tokens], dtype: int64, generator: _generator),
                Mask = ones(BatchSize, Tokens, dtype: int64),
                TokenTypes = zeros(BatchSize, Tokens, dtype: int64),
                Labels = randint(0, 2, [BatchSize], dtype: int64, generator: _generator),
            };
        }

        public void Step(bool isTimed)
        {
            using var scope = NewDisposeScope();
            var (forward, backward) = (0.0, 0.0);
            var atOnce = _limit.RowsAtOnce(_batch, _network.Backbone);
            for (var start = 0; start < BatchSize; start += atOnce)
            {
                using var ofPass = NewDisposeScope();
                using var rows = _batch.Slice(start, Math.Min(atOnce, BatchSize - start));
                Tensor loss = null!;
                forward += _settings.Seconds(() => loss = new CrossEntropyLoss().Compute(_network.Forward(rows, _mode), rows).Over((double)BatchSize / rows.RowCount));
                backward += _settings.Seconds(() => loss.backward());
                foreach (var adapter in _network.Adapters)
                    adapter.EndBackward();
            }
            var optimizer = _settings.Seconds(() =>
            {
                _parameters.ClipGradients(1).Dispose();
                _optimizer.Step(1e-4);
                _parameters.ZeroGradients();
            });
            if (isTimed)
                _seconds.Add((forward, backward, optimizer));
        }

        public object Describe() => new
        {
            ForwardMs = SuiteSettings.Median(_seconds.Select(s => s.Forward)) * 1e3,
            BackwardMs = SuiteSettings.Median(_seconds.Select(s => s.Backward)) * 1e3,
            OptimizerMs = SuiteSettings.Median(_seconds.Select(s => s.Optimizer)) * 1e3,
            StepMs = SuiteSettings.Median(_seconds.Select(s => s.Forward + s.Backward + s.Optimizer)) * 1e3,
            TrainableParameters = _parameters.Count,
        };

        public void Dispose()
        {
            _optimizer.Dispose();
            _parameters.Dispose();
            _batch.Dispose();
            _generator.Dispose();
            _network.Dispose();
        }
    }
}
