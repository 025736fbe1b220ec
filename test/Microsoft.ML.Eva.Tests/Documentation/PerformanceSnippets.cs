namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/performance.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class PerformanceSnippets
{
    public static void MultiplyIn16Bits(EvaLoraTextOptions options, EvaTransformer model)
    {
        // snippet
        options.Training.Precision = ComputePrecision.BFloat16; // EVA's warm-up, training and validation
        model.Precision = ComputePrecision.BFloat16;            // scoring of a fitted or loaded EvaTransformer; saved with it
        // end
    }
}
