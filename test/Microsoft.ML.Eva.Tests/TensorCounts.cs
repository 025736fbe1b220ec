namespace Microsoft.ML.Eva.Tests;

/// <summary>Tests that count the process's tensors run alone.</summary>
[CollectionDefinition(nameof(TensorCounts), DisableParallelization = true)]
public class TensorCounts;
