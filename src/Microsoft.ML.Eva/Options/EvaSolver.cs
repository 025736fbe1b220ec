namespace Microsoft.ML.Eva;

/// <summary>How EVA computes principal components from a stream of mini-batches.</summary>
public enum EvaSolver
{
    /// <summary>Exact: nothing of earlier mini-batches is forgotten.</summary>
    Exact,

    /// <summary>Incremental PCA by full singular value decompositions: keeps only the leading components between mini-batches.</summary>
    Incremental,

    /// <summary>Incremental PCA by randomised singular value decompositions with a fixed seed, as PEFT does.</summary>
    IncrementalLowRank,
}
