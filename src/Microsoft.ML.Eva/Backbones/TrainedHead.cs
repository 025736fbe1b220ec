namespace Microsoft.ML.Eva.Backbones;

/// <summary>What the head of a model that was trained before gives, for training it on.</summary>
/// <param name="Task">What was learned.</param>
/// <param name="Kind">How vectors per token become one per row.</param>
/// <param name="Classes">What the outputs are called, in their order; empty for a number.</param>
internal sealed record TrainedHead(LearningTask Task, HeadKind Kind, IReadOnlyList<string> Classes)
{
    /// <summary>For each of the classes wanted now the output that is its own so far, or −1 for a new class.</summary>
    public IReadOnlyList<int> RowsOf(IReadOnlyList<string>? classes)
    {
        if (classes is null)
            return [0];
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Classes.Count; i++)
            places.TryAdd(Classes[i], i);
        return [.. classes.Select(name => places.GetValueOrDefault(name, -1))];
    }
}
