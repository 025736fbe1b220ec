using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;

namespace Serving.Models;

/// <summary>
/// Prediction engines, each of which serves one thread at a time, kept for reuse: what PredictionEnginePool of Microsoft.Extensions.ML does.
/// One row at a time, so that it shows what batching gains.
/// </summary>
internal sealed class EnginePool(MLContext ml, ITransformer model) : IDisposable
{
    private readonly ObjectPool<PredictionEngine<Message, MessageScores>> _engines =
        new DefaultObjectPoolProvider { MaximumRetained = 2 * Environment.ProcessorCount }.Create(new Policy(ml, model));

    /// <summary>Predicts one row on the caller's thread.</summary>
    public MessageScores Predict(Message message)
    {
        var engine = _engines.Get();
        try
        {
            return engine.Predict(message);
        }
        finally
        {
            _engines.Return(engine);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => (_engines as IDisposable)?.Dispose();

    private sealed class Policy(MLContext ml, ITransformer model) : PooledObjectPolicy<PredictionEngine<Message, MessageScores>>
    {
        public override PredictionEngine<Message, MessageScores> Create() => ml.Model.CreatePredictionEngine<Message, MessageScores>(model, new PredictionEngineOptions { OwnsTransformer = false });

        public override bool Return(PredictionEngine<Message, MessageScores> engine) => true;
    }
}
