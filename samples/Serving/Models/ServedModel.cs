using Microsoft.ML;
using Microsoft.ML.Eva;

namespace Serving.Models;

/// <summary>One loaded model, ready on both roads: in batches, and one row at a time.</summary>
internal sealed class ServedModel : IAsyncDisposable
{
    private readonly ITransformer _transformer;

    public ServedModel(MLContext ml, string name, ITransformer transformer, BatchPredictorOptions batching)
    {
        (Name, _transformer) = (name, transformer);
        Classes = (transformer as EvaTransformer ?? (transformer as IEnumerable<ITransformer>)?.OfType<EvaTransformer>().LastOrDefault())?.Classes
            ?? throw new ArgumentException($"The model {name} has no transformer of Microsoft.ML.Eva in it.");
        Batches = new BatchPredictor<Message, MessageScores>(ml, transformer, new BatchPredictorOptions
        {
            MaxBatchSize = batching.MaxBatchSize,
            MaxWait = batching.MaxWait,
            QueueCapacity = batching.QueueCapacity,
            Workers = batching.Workers,
            Name = name,
        });
        Engines = new EnginePool(ml, transformer);
    }

    public string Name { get; }

    /// <summary>The classes' names, in the order of the scores.</summary>
    public IReadOnlyList<string> Classes { get; }

    public BatchPredictor<Message, MessageScores> Batches { get; }

    public EnginePool Engines { get; }

    /// <summary>Answers what waits, then frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await Batches.DisposeAsync();
        Engines.Dispose();
        (_transformer as IDisposable)?.Dispose();
    }
}
