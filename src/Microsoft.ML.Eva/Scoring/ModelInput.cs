using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>How a row of an ML.NET data view becomes a row of a batch. What differs between texts and pictures lies behind this seam.</summary>
internal abstract class ModelInput : RowInput
{
    /// <summary>Rows of like length as one batch on the device.</summary>
    public abstract Batch ToBatch(IReadOnlyList<EncodedRow> rows, Device device);
}
