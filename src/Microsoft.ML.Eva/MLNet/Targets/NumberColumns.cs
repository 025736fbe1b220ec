using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>The column that a regression adds: the number.</summary>
internal sealed class NumberColumns(string scoreName) : OutputColumns(scoreName)
{
    /// <inheritdoc/>
    public override OutputKind Kind => OutputKind.Number;

    /// <inheritdoc/>
    public override void AddTo(DataViewSchema.Builder builder)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        AddScoreKind(annotations, AnnotationUtils.Const.ScoreColumnKind.Regression, AnnotationUtils.Const.ScoreValueKind.Score);
        builder.AddColumn(ScoreName, NumberDataViewType.Single, annotations.ToAnnotations());
    }

    /// <inheritdoc/>
    public override Delegate CreateGetter(DataViewSchema.Column column, Func<float[]> scores) =>
        new ValueGetter<float>((ref float value) => value = scores()[0]);
}
