namespace Microsoft.ML.Eva;

/// <summary>What a fit is doing.</summary>
public enum TrainingPhase
{
    /// <summary>Rows are read and encoded.</summary>
    ReadingData,

    /// <summary>EVA runs mini-batches through the frozen network.</summary>
    WarmUp,

    /// <summary>The weights are trained.</summary>
    Training,

    /// <summary>The network is evaluated on the validation rows.</summary>
    Validation,
}
