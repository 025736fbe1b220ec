using Microsoft.ML.Eva.Data;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>The rows a fit validates on, and where they come from.</summary>
/// <param name="Source">Their batches.</param>
/// <param name="Data">The data view they were read from.</param>
/// <param name="Position">From a row's number in the batches to its number in the data view.</param>
internal sealed record ValidationRows(IBatchSource Source, IDataView Data, Func<int, long> Position);
