namespace Microsoft.ML.Eva.MLNet;

/// <summary>The columns that a fitted model adds to its input's.</summary>
/// <typeparam name="TScore">What the model says of a row.</typeparam>
internal interface IScoreColumns<TScore> where TScore : class
{
    /// <summary>What to tell somebody who wants the model as a step of <c>mlContext.Model.ConvertToOnnx</c>.</summary>
    string WhyNoOnnxStep { get; }

    /// <summary>Whether the column is one of these, and not one of the input that these hide.</summary>
    bool IsOutput(DataViewSchema.Column column, DataViewSchema outputSchema);

    /// <summary>A getter of one of these columns.</summary>
    Delegate CreateGetter(DataViewSchema.Column column, Func<TScore> score);
}
