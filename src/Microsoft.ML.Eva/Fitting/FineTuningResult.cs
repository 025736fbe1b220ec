using Microsoft.ML.Eva.Persistence;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>What a fine-tuning leaves beside the merged network.</summary>
/// <param name="Report">What the run did.</param>
/// <param name="Adapter">The adapter as it was before merging, the caller's to dispose; null where there is none that a folder could hold.</param>
internal sealed record FineTuningResult(TrainingReport Report, AdapterSnapshot? Adapter);
