using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>The columns a fitted classifier adds: the classes' probabilities with slot names, and the most probable class as a key.</summary>
internal sealed class ClassColumns(string scoreName, string predictedLabelName, LabelClasses classes) : OutputColumns(scoreName)
{
    private readonly VectorDataViewType _scoreType = new(NumberDataViewType.Single, classes.Count);
    private readonly KeyDataViewType _labelType = new(typeof(uint), (ulong)classes.Count);

    /// <inheritdoc/>
    public override string PredictedLabelName { get; } = predictedLabelName;

    /// <inheritdoc/>
    public override LabelClasses Classes { get; } = classes;

    /// <inheritdoc/>
    public override OutputKind Kind => OutputKind.Classes;

    /// <inheritdoc/>
    public override void AddTo(DataViewSchema.Builder builder)
    {
        builder.AddColumn(PredictedLabelName, _labelType, LabelAnnotations());
        builder.AddColumn(ScoreName, _scoreType, ScoreAnnotations());
    }

    /// <inheritdoc/>
    public override Delegate CreateGetter(DataViewSchema.Column column, Func<float[]> scores) =>
        column.Name == ScoreName
            ? new ValueGetter<VBuffer<float>>((ref VBuffer<float> value) => Copy(scores(), ref value))
            : new ValueGetter<uint>((ref uint value) => value = (uint)IndexOfLargest(scores()) + 1);

    private static int IndexOfLargest(float[] scores)
    {
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
            if (scores[i] > scores[best])
                best = i;
        return best;
    }

    private DataViewSchema.Annotations LabelAnnotations()
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddKeyValues(Classes);
        AddScoreKind(builder, AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification, AnnotationUtils.Const.ScoreValueKind.PredictedLabel);
        return builder.ToAnnotations();
    }

    private DataViewSchema.Annotations ScoreAnnotations()
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddSlotNames(Classes);
        AddScoreKind(builder, AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification, AnnotationUtils.Const.ScoreValueKind.Score);
        return builder.ToAnnotations();
    }
}
