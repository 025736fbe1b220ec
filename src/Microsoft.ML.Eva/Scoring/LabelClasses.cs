using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>The values of the label's key column, as its annotation holds them: what the classes are called.</summary>
/// <param name="ItemType">The values' type in ML.NET.</param>
/// <param name="Values">A boxed <c>VBuffer&lt;T&gt;</c> of that type, one value per class.</param>
internal sealed record LabelClasses(PrimitiveDataViewType ItemType, object Values)
{
    /// <summary>The values' names, in the classes' order.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Number of classes.</summary>
    public int Count => Names.Count;
}
